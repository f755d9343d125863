"""The consent to the data-protection notice: the question for it, and whether it is in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Flow, Input, Option, Step, Stop
from bot.conversation.inputs import ONLY_BACK, parse_choice
from bot.conversation.meanings import Meaning
from bot.conversation.reply import Reply
from bot.core.screen import Words
from storage import consents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat
    from bot.core.screen import Param
    from bot.core.unit_of_work import UnitOfWork

# The version of the data-protection notice in bot/texts. Raise it when the notice changes: every
# resident is then asked for consent again.
NOTICE_VERSION = "2026-12"
# How long what somebody wrote is kept who has not consented yet. The question says so.
UNCONSENTED_LIFETIME = timedelta(hours=1)
_STEP, _AGREED = "consent", "@agreed"


def needs_consent(answers: Answers) -> bool:
    """Return True if the resident has not consented to the present data-protection notice."""
    return answers.get(_AGREED) != NOTICE_VERSION


def consent_input() -> Input:
    """Return the question for explicit consent; its answer is the version of the notice."""
    options = (
        Option(NOTICE_VERSION, Words("feedback.consent.options.agree"), (Meaning.YES,)),
        Option(
            "refuse",
            Words("feedback.consent.options.refuse"),
            (Meaning.NO, Meaning.CANCEL),
        ),
    )

    def parse(reply: Reply, _answers: Answers) -> str:
        value = parse_choice(reply, options)
        if value == "refuse":
            raise Stop("refused")
        return value

    return Input(
        parse,
        options=lambda _answers: options,
        is_valid=lambda value, _answers: value == NOTICE_VERSION,
        reasons=(UNKNOWN_CHOICE,),
        moves=ONLY_BACK,
    )


def _show_notice(_answers: Answers) -> Mapping[str, Param]:
    return {"notice": Words("feedback.consent.ask")}


def consent_step() -> Step:
    """Return the step for consent of a flow whose text has the notice as its parameter."""
    question = replace(consent_input(), params=_show_notice)
    return Step(_STEP, question, when=needs_consent, editable=False)


def asks_consent(flow: Flow) -> bool:
    """Return True if a flow has a question for consent."""
    return _STEP in flow.by_name


def waits_for_consent(flow: Flow, answers: Answers) -> bool:
    """Return True if a flow asks for consent, and it was not given yet."""
    step = flow.by_name.get(_STEP)
    return step is not None and step.when(answers) and not flow.is_answered(step, answers)


async def has_agreed(work: UnitOfWork, chat_id: int) -> bool:
    """Return True if the person of a chat consents to the present data-protection notice."""
    keys = work.policy.pseudonyms.list_consent_keys(chat_id)
    consent = await consents.find_consent(work.connection, keys)
    return consent is not None and consent.version == NOTICE_VERSION


async def load_consent(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Return the fact for `needs_consent`, with which a flow begins."""
    return {_AGREED: NOTICE_VERSION} if await has_agreed(work, chat.id) else {}
