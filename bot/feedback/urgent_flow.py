"""The conversation about a danger that exists now: 113 first, one tap to report, then the place.

A text with signs of such a danger begins it, whatever else is open. Nothing is asked before the
report: neither kind nor consent nor identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.place_names import is_only_places
from bot.casework.resident_flows import SUBMISSION_LIMITS
from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Flow, Input, Option, Step, Stop
from bot.conversation.inputs import (
    PLACE_REMARKS,
    find_place_remark,
    gather_message,
    join_texts,
    list_files,
    make_message_record,
    parse_choice,
)
from bot.conversation.interruptions import NOT_MEANT, Interruption
from bot.conversation.meanings import Meaning
from bot.conversation.typed_words import read_meanings
from bot.core.screen import Words
from bot.core.text_encoding import convert_text
from bot.feedback.first_messages import asks_for_help
from bot.feedback.text_suggestions import suggest_cached

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.reply import Reply
    from bot.core.requests import StartFlow
    from bot.core.screen import Param

URGENT, REPORT = "urgent", "report"  # the flow, and its step that gathers the messages
ALERTED = "@alerted"  # the fact that officers on duty got the report
_NOTE = f"{REPORT}.messages"


def is_danger(text: str | None) -> bool:
    """Return True if a text has signs of a danger that exists now.

    The model cannot tell a name or a single word from a danger: the name of a place, a word that
    stands for a button, and a call for help with the bot are none.
    """
    # The signs are looked for in what was meant: an old encoding has other letters.
    meant = convert_text(text or "") or text
    if not meant or not suggest_cached(meant).urgent:
        return False
    meanings = read_meanings(meant)
    is_word = bool(meanings) and Meaning.ALERT not in meanings
    return not (is_word or is_only_places(meant) or asks_for_help(meant))


def make_interruption(instead: StartFlow) -> Interruption:
    """Return the conversation about a danger; `instead` starts if the person denies the danger."""
    return Interruption(URGENT, REPORT, (instead.flow, instead.facts))


def report_input() -> Input:
    """Return the question whether officers on duty are to be told; messages before it are kept."""
    options = tuple(
        Option(value, Words(f"{URGENT}.{REPORT}.options.{value}"), meanings)
        for value, meanings in (
            ("now", (Meaning.ALERT, Meaning.YES, Meaning.SEND)),
            ("not_urgent", (Meaning.NO, Meaning.CANCEL)),
        )
    )

    def parse(reply: Reply, answers: Answers) -> Any:
        gathered = list(answers.get(_NOTE, ()))
        if reply.choice is None and (reply.text or reply.attachment):
            return gather_message(gathered, _without_question(reply), SUBMISSION_LIMITS, note=_NOTE)
        if parse_choice(reply, options) == "not_urgent":
            raise Stop(NOT_MEANT)
        return gathered

    def params(answers: Answers) -> Mapping[str, Param]:
        gathered = answers.get(_NOTE, ())
        return {"text": join_texts(gathered)[:_EXCERPT], "files": len(list_files(gathered))}

    return Input(
        parse,
        options=lambda _answers: options,
        params=params,
        moves=frozenset(),
        reasons=(UNKNOWN_CHOICE, "too-many", "too-long", "too-large", *PLACE_REMARKS),
    )


def place_input() -> Input:
    """Return the question for the place of a danger that was reported: any message, or none."""
    skip = Option("skip", Words(f"{URGENT}.place.options.skip"), (Meaning.SKIP, Meaning.NO))

    def parse(reply: Reply, _answers: Answers) -> list[dict[str, Any]]:
        if reply.choice is not None or not (reply.text or reply.attachment):
            parse_choice(reply, (skip,))
            return []
        return [make_message_record(_without_question(reply))]

    return Input(
        parse,
        options=lambda _answers: (skip,),
        prompt=lambda answers: "ask" if answers.get(ALERTED) else "waiting",
        prompts=("ask", "waiting"),
        params=lambda answers: {"code": str(answers.get("@code", ""))},
        moves=frozenset(),
        reasons=(UNKNOWN_CHOICE,),
        sharing=lambda _answers: "location",
        key_labels=(skip.label,) if isinstance(skip.label, Words) else (),
        takes_text=True,
    )


def _without_question(reply: Reply) -> Reply:
    """Return a message about whose place nothing is asked: there is no time for it."""
    if reply.place_problem is None and find_place_remark(reply) is None:
        return reply
    return reply.without_place()


_EXCERPT = 300  # characters of the text that are shown

URGENT_FLOW = Flow(
    URGENT,
    (
        Step(REPORT, report_input(), editable=False),
        Step("place", place_input(), editable=False),
    ),
)
