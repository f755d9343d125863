"""Requests of officers about cases: open a case, perform actions, lists, search."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.casework import action_service, case_lists, case_view, choices, screens
from bot.casework.actions import ACTIONS_BY_NAME, MERGE, OFFICER_ACTIONS
from bot.casework.submission_rules import NEW, parse_code
from bot.conversation.message_subjects import CASE_VIEW
from bot.core.requests import Notice, Refused, Route, Show, StartFlow
from bot.core.screen import Words
from bot.core.text_folding import fold_text
from storage import officers

if TYPE_CHECKING:
    from bot.casework.case_access import CaseAccess
    from bot.casework.case_action import CaseAction
    from bot.casework.case_lists import CasePage
    from bot.core.requests import Prepare, Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork

# What is typed after /cases for each list: folded text, see `fold_text`.
_TYPED_FILTERS = {
    "mine": {"mine", "toi", "cua toi"},
    "new": {"new", "moi"},
    "overdue": {"overdue", "qua han"},
    "proposed": {"proposed", "cho duyet"},
    "recused": {"excluded", "khong duoc xem"},
}


def refuse_as_unknown() -> Refused:
    """Return the refusal for a person who is no officer: for them, the command does not exist."""
    return Refused(Words("errors.unknown_command"))


async def open_typed_case(work: UnitOfWork, request: Request) -> Responses:
    """Show the case whose code was typed after /case."""
    if not request.argument.strip():
        if await officers.find_officer(work.connection, request.chat.id) is None:
            raise refuse_as_unknown()
        return Notice(Words("case.which"))
    return await _show_case(work, request, parse_code(request.argument))


async def open_case(work: UnitOfWork, request: Request) -> Responses:
    """Show a case and its files in new messages."""
    return await _show_case(work, request, request.argument)


async def _show_case(
    work: UnitOfWork, request: Request, receipt_code: str, *, reveals_phone: bool = False
) -> Responses:
    opened = await case_view.open_case(
        work,
        request.chat.id,
        receipt_code,
        reveals_phone=reveals_phone,
        similar=request.prepared or (),
    )
    if opened is None:
        return Notice(Words("case.refused"))
    screen = screens.show_case(opened, work.policy.zone)
    about = (CASE_VIEW, opened.submission.code)
    return Show(screen, new=True, files=tuple(opened.files), about=about)


async def show_more_actions(work: UnitOfWork, request: Request) -> Responses:
    """Show the actions on a case that are seldom needed."""
    opened = await case_view.open_case(work, request.chat.id, request.argument)
    if opened is None:
        return Notice(Words("case.refused"))
    return Show(screens.show_more_actions(opened), new=True)


async def perform_action(work: UnitOfWork, request: Request) -> Responses:
    """Perform an action that asks for no values, and show the case after it. Raises Refused."""
    code, action = request.argument, ACTIONS_BY_NAME[request.action]
    await action_service.perform_action(work, request.chat.id, action.name, code, {})
    return await _show_case(work, request, code, reveals_phone=action.reveals_phone)


async def start_action(work: UnitOfWork, request: Request) -> Responses:
    """Start the short conversation that asks for the values of an action. Raises Refused."""
    facts = await action_service.begin_action(
        work, request.chat.id, request.action, request.argument, request.prepared or ()
    )
    return StartFlow(request.action, facts)


async def record_refusal(work: UnitOfWork, request: Request) -> None:
    """Write a refused action into the audit log."""
    await action_service.record_refusal(work, request.chat.id, request.action, request.argument)


async def list_typed_cases(work: UnitOfWork, request: Request) -> Responses:
    """Show the open cases, most urgent first, or the list that was typed after /cases."""
    typed = fold_text(request.argument)
    which = next((name for name, words in _TYPED_FILTERS.items() if typed in words), "unit")
    return await _list_cases(work, request.chat.id, which, "")


async def list_cases(work: UnitOfWork, request: Request) -> Responses:
    """Show a page of a list of cases; the verb names the list, the argument is the cursor."""
    return await _list_cases(work, request.chat.id, request.action, request.argument)


async def _list_cases(work: UnitOfWork, chat_id: int, which: str, after: str) -> Responses:
    page = await case_lists.list_cases(work, chat_id, which=which, after=after)
    return _show_page(work, page, which if which in case_lists.FILTERS else "unit")


async def search_cases(work: UnitOfWork, request: Request) -> Responses:
    """Show the cases whose text has all the typed words, with or without diacritics."""
    page = await case_lists.search_cases(work.connection, request.chat.id, request.argument)
    return _show_page(work, page, "found")


def _show_page(work: UnitOfWork, page: CasePage | None, title: str) -> Responses:
    if page is None:
        raise refuse_as_unknown()
    filters = case_lists.FILTERS if title in case_lists.FILTERS else ()
    return Show(
        screens.show_case_list(page.cases, title, work.policy.zone, more=page.more, filters=filters)
    )


# The texts of cases are compared before the transaction of the request, because it can take long.
_PREPARE_VIEW = partial(choices.prepare_similar_cases, states=NEW)
_PREPARE_CHOICE = partial(choices.prepare_similar_cases, states=MERGE.from_states)


def _choose_preparation(action: CaseAction[CaseAccess]) -> Prepare | None:
    """Return the search for similar cases if they are shown after the press of a button."""
    if action.asks:
        return _PREPARE_CHOICE if action is MERGE else None
    return _PREPARE_CHOICE if action.to_state is None or action.to_state in NEW else None


ROUTES: Routes = {
    "/case": Route(open_typed_case, prepare=_PREPARE_VIEW),
    **{
        f"case:{action.name}": Route(
            start_action if action.asks else perform_action,
            reads_only=action.asks,
            record_refusal=record_refusal,
            prepare=_choose_preparation(action),
        )
        for action in OFFICER_ACTIONS
    },
    "case:more": Route(show_more_actions),
    "case:*": Route(open_case, prepare=_PREPARE_VIEW),
    "/cases": Route(list_typed_cases, reads_only=True),
    "cases:*": Route(list_cases, reads_only=True),
    "/search": Route(search_cases, reads_only=True, searches=True),
}
