"""Requests of residents: the start, their own submissions, the settings, the help."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.casework import attachments
from bot.casework.submission_rules import may_be_reopened
from bot.conversation import chats
from bot.conversation.message_subjects import OWN_VIEW
from bot.core.requests import (
    CancelFlow,
    Refused,
    Route,
    Show,
    StartFlow,
    SwitchFlow,
    Upload,
)
from bot.core.screen import Button, Screen, Words
from bot.core.typed_numbers import parse_number
from bot.feedback import deep_links, followup_service, intake_service, qr_codes, screens, views
from bot.texts import LANGUAGES
from storage import attendance

if TYPE_CHECKING:
    from bot.core.requests import Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork
    from bot.feedback.views import OwnSubmission

# The short conversations about a submission of one's own.
FOLLOW_UPS = ("addition", "reply", "rating", "reopening", "ban_appeal")


async def show_welcome(work: UnitOfWork, request: Request, *notices: Words) -> Responses:
    """Show the main menu and the emergency numbers, below the notices."""
    screen = await _make_welcome(work, request)
    return Show(replace(screen, paragraphs=(*notices, *screen.paragraphs)))


async def open_unit_link(work: UnitOfWork, request: Request) -> Responses:
    """Remember the unit of a deep link for the next submission, and show the main menu.

    The argument is the code of the unit.
    """
    link = deep_links.make_unit_link(request.argument, work.now)
    if link is not None:
        await chats.update_preferences(
            work, request.chat.id, lambda stored: replace(stored, link=link)
        )
    return Show(await _make_welcome(work, request, link.unit if link else None))


async def _make_welcome(work: UnitOfWork, request: Request, unit: str | None = None) -> Screen:
    has_draft = await chats.has_draft(work, request.chat.id)
    return screens.show_start(request.chat.language, has_draft=has_draft, unit=unit)


async def choose_language(work: UnitOfWork, request: Request) -> Responses:
    """Show the welcome in another language, and use it from now on."""
    language = request.action
    await _store_language(work, request, language)
    has_draft = await chats.has_draft(work, request.chat.id)
    return Show(screens.show_start(language, has_draft=has_draft), language=language)


async def show_help(_work: UnitOfWork, _request: Request) -> Responses:
    """Show the commands and the other ways to reach the police."""
    return Show(screens.show_help())


async def show_courtesy(_work: UnitOfWork, request: Request) -> Responses:
    """Show the answer to a message that is no opinion: to thanks, to a question about the bot."""
    areas = request.chat.preferences.areas
    return Show(screens.show_courtesy(request.action, areas[0] if areas else None))


async def show_own_submissions(work: UnitOfWork, request: Request) -> Responses:
    """Show the person's submissions or, with a receipt code as argument, that one."""
    if request.argument:
        return await show_submission(work, request)
    return await list_submissions(work, request)


async def list_submissions(work: UnitOfWork, request: Request) -> Responses:
    """Show a page of the person's submissions, newest first.

    The argument is the id of the last submission of the page before, or nothing.
    """
    found = await views.list_own_submissions(
        work.connection,
        work.policy.pseudonyms.list_pseudonyms(request.chat.id),
        before=parse_number(request.argument),
        limit=screens.PAGE_SIZE + 1,
    )
    return Show(screens.show_submissions(found, work.policy.zone))


async def show_submission(work: UnitOfWork, request: Request) -> Responses:
    """Show the person's submission with a receipt code, as it was typed or pressed.

    Raises Refused, as all functions here that take a code, if it is not theirs.
    """
    mine = await _load_own(work, request)
    screen = screens.show_submission(mine, work.now, work.policy)
    return Show(screen, about=(OWN_VIEW, mine.submission.code))


async def open_submission(work: UnitOfWork, request: Request) -> Responses:
    """Show the person's submission in a new message, so that the receipt stays as it is."""
    mine = await _load_own(work, request)
    screen = screens.show_submission(mine, work.now, work.policy)
    return Show(screen, new=True, about=(OWN_VIEW, mine.submission.code))


async def show_own_files(work: UnitOfWork, request: Request) -> Responses:
    """Show the files of the person's submission once more, as the officers may see them."""
    mine = await _load_own(work, request)
    found = (attachments.show_file(mine.submission, file) for file in mine.files)
    files = tuple(each for each in found if each is not None)
    screen = screens.show_own_files(mine, len(files))
    return Show(screen, new=True, files=files, about=(OWN_VIEW, mine.submission.code))


async def start_follow_up(work: UnitOfWork, request: Request) -> Responses:
    """Start one of FOLLOW_UPS, the request's action, about a submission of the person."""
    mine = await _load_own(work, request)
    reopens = may_be_reopened(mine.submission, mine.main, work.now, work.policy.reopen_within)
    return StartFlow(
        request.action,
        {
            "@code": mine.submission.code,
            "@about": mine.submission.code,
            "@reopens": reopens,
            "@unnamed": mine.submission.confidential,
        },
    )


async def confirm_withdrawal(work: UnitOfWork, request: Request) -> Responses:
    """Ask for confirmation before a submission is withdrawn."""
    await _load_own(work, request)
    return Show(screens.confirm_withdrawal(request.argument))


async def withdraw_submission(work: UnitOfWork, request: Request) -> Responses:
    """Withdraw a submission of the person, or say that it is too late."""
    code = request.argument
    await _load_own(work, request)
    done = await followup_service.withdraw_submission(work, request.chat, code)
    key = "mine.withdrawn" if done else "mine.too_late"
    return Show(Screen((Words(key, {"code": code[:20]}),)))


async def confirm_identity_change(work: UnitOfWork, request: Request) -> Responses:
    """Ask for confirmation before a name or a phone number is hidden."""
    await _load_own(work, request)
    return Show(screens.confirm_identity_change(request.action, request.argument))


async def hide_identity(work: UnitOfWork, request: Request) -> Responses:
    """Hide the name or the phone number of the person, or say that it is too late."""
    action, code = request.action.removesuffix("_yes"), request.argument
    await _load_own(work, request)
    done = await followup_service.hide_identity(work, request.chat, code, action)
    key = f"mine.done_{action}" if done else "mine.too_late_to_hide"
    button = Button(Words("receipt.show"), f"mine:show={code}")
    return Show(Screen((Words(key, {"code": code[:20]}),), (button,)))


async def send_receipt(work: UnitOfWork, request: Request) -> Responses:
    """Send the receipt once more, with its QR code as a picture."""
    mine = await _load_own(work, request)
    code = mine.submission.code
    picture = qr_codes.draw_receipt_code_png(request.bot_name, code)
    upload = Upload(picture, f"{code}.png", is_picture=True)
    screen = intake_service.show_receipt(mine.submission, work.policy)
    return Show(screen, upload=upload, about=(OWN_VIEW, code))


async def _load_own(work: UnitOfWork, request: Request) -> OwnSubmission:
    """Return the person's submission whose code is the argument. Raises Refused for another's."""
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(request.chat.id)
    found = await views.find_own_submission(work, pseudonyms, request.argument)
    if found is None:
        raise Refused(Words("mine.unknown"), screens.show_unknown_code())
    return found


async def show_settings(_work: UnitOfWork, request: Request) -> Responses:
    """Show the language, the quiet hours, and the notices that are switched off."""
    return Show(screens.show_settings(request.chat.preferences))


async def change_language(work: UnitOfWork, request: Request) -> Responses:
    """Store another language for this chat and for forum notices to this person."""
    language = request.action
    await _store_language(work, request, language)
    return Show(screens.show_settings(request.chat.preferences), language=language)


async def _store_language(work: UnitOfWork, request: Request, language: str) -> None:
    await chats.set_language(work, request.chat.id, language)
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(request.chat.id, named=True)
    await attendance.set_language(work.connection, pseudonyms, language)


async def change_setting(work: UnitOfWork, request: Request) -> Responses:
    """Change the quiet hours, or switch a kind of notice off or on."""
    preferences = await chats.update_preferences(
        work,
        request.chat.id,
        lambda stored: stored.change_setting(request.action, request.argument),
    )
    return Show(screens.show_settings(preferences))


ROUTES: Routes = {
    "/start": Route(show_welcome, reads_only=True),
    **{f"welcome:{language}": Route(choose_language) for language in LANGUAGES},
    "start:unit_": Route(open_unit_link),
    "start:code_": Route(show_submission, reads_only=True),
    "/feedback": StartFlow("feedback", new=False),
    "feedback:*": StartFlow("feedback", new=False),
    "/cancel": CancelFlow(),
    "draft:drop": CancelFlow(),
    "draft:switch": SwitchFlow(),
    "draft:*": StartFlow("feedback", new=False, resumes=True),
    "/help": Route(show_help, reads_only=True),
    **{
        f"help:{name}": Route(show_courtesy, reads_only=True)
        for name in ("thanks", "nothing", "human", "privacy")
    },
    "help:*": Route(show_help, reads_only=True),
    "/mine": Route(show_own_submissions, reads_only=True),
    "mine:show": Route(show_submission, reads_only=True),
    "mine:open": Route(open_submission, reads_only=True),
    "mine:files": Route(show_own_files, reads_only=True),
    **{f"mine:{flow}": Route(start_follow_up, reads_only=True) for flow in FOLLOW_UPS},
    "mine:withdraw": Route(confirm_withdrawal, reads_only=True),
    "mine:withdrawn": Route(withdraw_submission),
    **{
        f"mine:{action}": Route(confirm_identity_change, reads_only=True)
        for action in followup_service.IDENTITY_ACTIONS
    },
    **{f"mine:{action}_yes": Route(hide_identity) for action in followup_service.IDENTITY_ACTIONS},
    "mine:receipt": Route(send_receipt, reads_only=True),
    "mine:before": Route(list_submissions, reads_only=True),
    "mine:*": Route(list_submissions, reads_only=True),
    "/settings": Route(show_settings, reads_only=True),
    **{f"settings:{language}": Route(change_language) for language in LANGUAGES},
    "settings:quiet": Route(change_setting),
    "settings:mute": Route(change_setting),
    "settings:*": Route(show_settings, reads_only=True),
}
