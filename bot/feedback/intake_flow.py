"""The conversation by which a resident makes a submission: all its questions, in order.

People write first. The text says most of what is needed; only what it leaves open is asked. All of
it stands on one review card, where it can be changed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.areas.question import area_input
from bot.casework.attachments import list_warnings
from bot.casework.resident_flows import SUBMISSION_LIMITS
from bot.conversation.consent import consent_input, needs_consent
from bot.conversation.content import needs_content
from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Flow, Input, Option, Reopen, Step, Stop
from bot.conversation.inputs import (
    ONLY_BACK,
    choice_input,
    find_place_remark,
    list_files,
    make_message_record,
    messages_input,
    parse_choice,
    phone_input,
)
from bot.conversation.meanings import Meaning
from bot.conversation.old_encodings import note_early_message
from bot.conversation.reply import Reply
from bot.core.requests import StartFlow
from bot.core.screen import Param, Words
from bot.feedback.ban_rules import describe_ban, find_ban, is_banned
from bot.feedback.late_messages import add_late_reply, seems_content
from bot.feedback.review_card import card_input
from bot.feedback.rules import may_have_name, suggest_identity, wants_phone_contact
from bot.feedback.text_questions import personal_data_input, topics_input
from bot.feedback.text_suggestions import (
    find_mentioned_place,
    fingerprint_text,
    has_personal_data,
    suggest_area,
    suggest_kind,
    suggest_topics,
)
from storage.models import Identity, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.models import Submission

# The facts about the submission that the resident has just given: its code, and True if it is
# unnamed.
RECENT, RECENT_UNNAMED = "@recent", "@recent_unnamed"
# The fact that a message may not be meant as a submission at all.
DOUBTFUL = "@doubtful"
# The answers on which it depends whether a ban holds: those of steps, which can be changed.
_DECIDING = ("kind", "topic", "area")
MESSAGES_NOTE = "details.messages"  # the key of the messages gathered for the step "details"


def make_submission_offer(reply: Reply, recent: Submission | None = None) -> StartFlow:
    """Return the response to a message without an open conversation.

    It starts the flow "feedback" with the message as its text. Only if the message may be part of
    the `recent` submission that the resident has just given, or seems to be none at all, the flow
    first asks whether it is to become a submission.
    """
    waiting = note_early_message("details", {}, reply)
    messages = waiting or {MESSAGES_NOTE: [make_message_record(reply)]}
    facts: dict[str, Any] = {"@wrote_first": True, **messages}
    has_place = reply.place is not None or reply.place_problem is not None
    if reply.attachment is None and not has_place and not seems_content(reply.text or ""):
        facts[DOUBTFUL] = True
    if recent is not None:
        facts |= {RECENT: recent.code, RECENT_UNNAMED: recent.confidential}
    return StartFlow("feedback", facts)


def list_offer_remarks(reply: Reply) -> tuple[Words, ...]:
    """Return what is said about the place of a message without an open conversation."""
    remark = find_place_remark(reply)
    return (Words(f"feedback.offer.rejected.{remark}"),) if remark else ()


def may_be_added(answers: Answers) -> bool:
    """Return True if the messages may belong to the submission that was given just before.

    A text in an old encoding is confirmed first, in the conversation about a new submission.
    """
    return RECENT in answers and bool(answers.get("details"))


def is_offered(answers: Answers) -> bool:
    """Return True if the resident is asked what the message is meant for."""
    return may_be_added(answers) or DOUBTFUL in answers


def is_addition(answers: Answers) -> bool:
    """Return True if the messages are to be added to the submission that was given before."""
    return bool(answers.get("offer") == "add")


def offer_input() -> Input:
    """Return the question whether the message is to become a submission.

    Right after another one (the fact RECENT is its code), the first button adds it to that one.
    """
    new, no = (Words(f"feedback.offer.options.{value}") for value in ("yes", "no"))
    refuse = Option("no", no, (Meaning.NO, Meaning.CANCEL))

    def list_options(answers: Answers) -> tuple[Option, ...]:
        if not may_be_added(answers):
            return (Option("yes", new, (Meaning.YES, Meaning.SEND)), refuse)
        # Beside the other button a bare "yes" does not say which one is meant.
        label = Words("feedback.offer.options.add", {"code": answers.get(RECENT, "")})
        return (Option("add", label, (Meaning.MORE,)), Option("yes", new), refuse)

    def parse(reply: Reply, answers: Answers) -> Any:
        value = parse_choice(reply, list_options(answers))
        if value == "no":
            raise Stop("not_meant")
        return value

    def params(answers: Answers) -> Mapping[str, Param]:
        files = list_files(answers.get("details", ()))
        warned = list_warnings(files if answers.get(RECENT_UNNAMED) else ())
        return {"code": answers.get(RECENT, ""), "warnings": warned}

    return Input(
        parse,
        options=list_options,
        prompt=lambda answers: "recent" if may_be_added(answers) else "ask",
        prompts=("ask", "recent"),
        params=params,
        reasons=(UNKNOWN_CHOICE,),
        moves=ONLY_BACK,
    )


def show_ban(answers: Answers) -> Mapping[str, Param]:
    """Return the parameters of the text about the ban that refuses the submission."""
    ban = find_ban(answers)
    return describe_ban(ban) if ban is not None else {}


def _banned_input() -> Input:
    """Return the refusal of somebody who is banned; what decides about it can be changed."""
    question = choice_input(
        "feedback.banned",
        *_DECIDING,
        stops={"stop": "banned"},
        params=show_ban,
        meanings={"stop": (Meaning.CANCEL, Meaning.DONE)},
    )

    def parse(reply: Reply, answers: Answers) -> Any:
        return Reopen(question.parse(reply, answers))

    return replace(question, parse=parse)


def _intake_consent_input() -> Input:
    """Return the question for consent, with what becomes of a text that was written before it."""
    return replace(
        consent_input(),
        prompt=lambda answers: "waiting" if answers.get("details") else "ask",
        prompts=("ask", "waiting"),
        params=lambda _answers: {"notice": Words("feedback.consent.ask")},
    )


def _unless_added(step: Step) -> Step:
    """Return a step that does not apply if the messages are added to another submission.

    The step of the messages themselves does.
    """
    if step.name == "details":
        return step
    when = step.when
    return replace(step, when=lambda answers: not is_addition(answers) and when(answers))


def _suggest_personal(answers: Answers) -> str:
    return f"hide-{fingerprint_text(answers)}"


# The questions about a new submission. Those with a default are asked only from the review card.
_STEPS = (
    Step("consent", _intake_consent_input(), when=needs_consent, editable=False),
    Step(
        "details",
        needs_content(
            messages_input(
                "feedback.details", SUBMISSION_LIMITS, needs_text=False, answers_at_once=True
            )
        ),
    ),
    Step(
        "kind",
        choice_input("feedback.kind", *Kind, meanings={Kind.UNSURE: (Meaning.SKIP,)}),
        default=suggest_kind,
    ),
    Step("topic", topics_input(suggest_topics), default=lambda a: list(suggest_topics(a))),
    Step(
        "area",
        area_input("feedback.area", find_mentioned_place, may_skip=True),
        default=suggest_area,
    ),
    # It can be left by changing an answer, or by stopping: nothing answers it.
    Step(
        "banned",
        _banned_input(),
        when=is_banned,
        editable=False,
    ),
    Step(
        "identity",
        choice_input("feedback.identity", *Identity),
        when=may_have_name,
        default=suggest_identity,
    ),
    Step("phone", phone_input(), when=wants_phone_contact),
    Step("personal", personal_data_input(), when=has_personal_data, default=_suggest_personal),
    Step("review", card_input("feedback.review")),
)

FEEDBACK_FLOW = Flow(
    "feedback",
    (
        Step("offer", offer_input(), when=is_offered, editable=False),
        *map(_unless_added, _STEPS),
    ),
    add_late_reply=partial(add_late_reply, limits=SUBMISSION_LIMITS),
    progress_from="details",
)
