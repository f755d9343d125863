"""The short conversations of residents about a submission that was received."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.casework.attachments import list_warnings
from bot.casework.submission_rules import NOT_SATISFIED, SATISFIED, VERY_SATISFIED
from bot.conversation.consent import consent_step
from bot.conversation.content import needs_content
from bot.conversation.flow import Answers, Flow, Step
from bot.conversation.inputs import (
    ONLY_BACK,
    YES_OR_NO,
    MessageLimits,
    choice_input,
    messages_input,
)
from bot.conversation.long_text import long_text_input
from bot.conversation.meanings import Meaning
from bot.core.screen import Words
from bot.evidence.content_types import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.reply import SentFile
    from bot.core.screen import Param

# The limits of one answer (a submission, an addition or a reply): files, characters of all texts
# together, bytes of each file.
SUBMISSION_LIMITS = MessageLimits(files=20, characters=20_000, file_bytes=MAX_FILE_BYTES)
_REASON = 10_000  # characters


def is_dissatisfied(answers: Answers) -> bool:
    """Return True if the resident chose the rating NOT_SATISFIED."""
    return answers.get("score") == str(NOT_SATISFIED)


def may_ask_again(answers: Answers) -> bool:
    """Return True if the resident is dissatisfied and may reopen the submission."""
    return is_dissatisfied(answers) and bool(answers.get("@reopens"))


def show_warnings(answers: Answers, files: list[SentFile]) -> Mapping[str, Param]:
    """Return what the resident of an unnamed submission is told of the files sent so far."""
    return {"warnings": list_warnings(files if answers.get("@unnamed") else ())}


ADDITION_FLOW = Flow(
    "addition",
    (
        consent_step(),
        Step(
            "details",
            needs_content(
                messages_input(
                    "addition.details", SUBMISSION_LIMITS, show_warnings, needs_text=False
                )
            ),
        ),
    ),
)

REPLY_FLOW = Flow(
    "reply",
    (
        consent_step(),
        Step(
            "details",
            messages_input("reply.details", SUBMISSION_LIMITS, show_warnings, needs_text=False),
        ),
    ),
)

RATING_FLOW = Flow(
    "rating",
    (
        consent_step(),
        Step(
            "score",
            choice_input(
                "rating.score",
                *(str(score) for score in (VERY_SATISFIED, SATISFIED, NOT_SATISFIED)),
                meanings={
                    str(SATISFIED): (Meaning.YES,),
                    str(NOT_SATISFIED): (Meaning.NO,),
                },
            ),
        ),
        Step(
            "reason",
            long_text_input("rating.reason", limit=_REASON, optional=True),
            when=is_dissatisfied,
        ),
        Step(
            "again",
            # No button to stop beside [No]: both would mean the same.
            replace(choice_input("rating.again", "yes", "no", meanings=YES_OR_NO), moves=ONLY_BACK),
            when=may_ask_again,
        ),
    ),
)


def describe_cancelled(flow: str, answers: Answers) -> Words:
    """Return the text after one of these conversations was stopped: what is stored, and what not.

    The first answer of a rating is stored at once.
    """
    is_rated = flow == RATING_FLOW.name and "score" in answers
    return Words(f"{flow}.stopped.{'rated' if is_rated else 'cancelled'}")


REOPENING_FLOW = Flow(
    "reopening",
    (consent_step(), Step("reason", long_text_input("reopening.reason", limit=_REASON))),
)

BAN_APPEAL_FLOW = Flow(
    "ban_appeal", (Step("reason", long_text_input("ban_appeal.reason", limit=_REASON)),)
)
