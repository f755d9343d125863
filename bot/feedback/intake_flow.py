"""The conversation by which a resident makes a submission: all its questions, in order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.areas.question import area_input
from bot.areas.units import name_unit
from bot.casework.attachments import list_warnings
from bot.casework.resident_flows import SUBMISSION_LIMITS
from bot.conversation.consent import consent_input, needs_consent
from bot.conversation.flow import Answers, Flow, Input, Option, Step, StepNotes, Stop
from bot.conversation.inputs import (
    PLACE_REMARKS,
    UNKNOWN_CHOICE,
    add_late_file,
    choice_input,
    find_place_remark,
    gather_message,
    join_texts,
    list_files,
    make_message_record,
    messages_input,
    parse_choice,
    phone_input,
    review_input,
)
from bot.conversation.old_encodings import list_waiting, note_early_message
from bot.conversation.reply import PlaceProblem, Reply
from bot.conversation.turned_places import note_turned_place
from bot.core.requests import StartFlow
from bot.core.screen import Param, Words
from bot.feedback.ban_rules import describe_ban, find_ban, is_banned
from bot.feedback.rules import (
    get_identity,
    get_kind,
    has_formal_path,
    may_have_name,
    wants_phone_contact,
)
from bot.feedback.text_questions import (
    danger_input,
    has_personal_data,
    may_suggest_kind,
    personal_data_input,
    seems_dangerous,
    suggest_topics,
    suggested_kind_input,
    topics_input,
)
from storage.models import Identity, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.models import Submission

# The facts about the submission that the resident has just given: its code, and True if it is
# unnamed.
RECENT, RECENT_UNNAMED = "@recent", "@recent_unnamed"
MESSAGES_NOTE = "details.messages"  # the key of the messages gathered for the step "details"
_EXCERPT = 600  # characters of the text on the review page


def make_submission_offer(reply: Reply, recent: Submission | None = None) -> StartFlow:
    """Return the response to a message without an open conversation.

    It starts the flow "feedback", which first asks whether the message is to become a submission,
    or part of the `recent` one that the resident has just given.
    """
    waiting = note_early_message("details", {}, reply)
    messages = waiting or {MESSAGES_NOTE: [make_message_record(reply)]}
    if reply.place_problem is PlaceProblem.SWAPPED:
        messages = {**messages, **note_turned_place(MESSAGES_NOTE, reply)}
    facts: dict[str, Any] = {"@wrote_first": True, **messages}
    if recent is not None:
        facts |= {RECENT: recent.code, RECENT_UNNAMED: recent.confidential}
    return StartFlow("feedback", facts)


def list_offer_remarks(reply: Reply) -> tuple[Words, ...]:
    """Return what is said about the place of a message without an open conversation."""
    remark = find_place_remark(reply)
    return (Words(f"feedback.offer.rejected.{remark}"),) if remark else ()


def wrote_first(answers: Answers) -> bool:
    """Return True if the resident wrote a message without starting a submission first."""
    return bool(answers.get("@wrote_first"))


def may_be_added(answers: Answers) -> bool:
    """Return True if the messages may belong to the submission that was given just before.

    A text in an old encoding is confirmed first, in the conversation about a new submission.
    """
    is_readable = not list_waiting("details", answers)
    return RECENT in answers and bool(answers.get(MESSAGES_NOTE)) and is_readable


def is_addition(answers: Answers) -> bool:
    """Return True if the messages are to be added to the submission that was given before."""
    return isinstance(answers.get("offer"), list)


def offer_input() -> Input:
    """Return the question whether the message is to become a submission.

    Messages that are sent before the answer are added to the submission. Right after another one
    (the fact "@recent" is its code), the first button adds them to that one: the answer is then
    the list of their records.
    """
    fixed = tuple(Option(v, Words(f"feedback.offer.options.{v}")) for v in ("yes", "no"))

    def list_options(answers: Answers) -> tuple[Option, ...]:
        label = Words("feedback.offer.options.add", {"code": answers.get(RECENT, "")})
        return (Option("add", label), *fixed) if may_be_added(answers) else fixed

    def parse(reply: Reply, answers: Answers) -> Any:
        if reply.choice is None:
            waiting = note_early_message("details", answers, reply)
            if waiting is not None:
                return StepNotes(waiting)
            so_far = list(answers.get(MESSAGES_NOTE, ()))
            return gather_message(so_far, reply, SUBMISSION_LIMITS, note=MESSAGES_NOTE)
        match parse_choice(reply, list_options(answers)):
            case "no":
                raise Stop("not_meant")
            case "add":
                return list(answers.get(MESSAGES_NOTE, ()))
        return "yes"

    def params(answers: Answers) -> Mapping[str, Param]:
        files = list_files(answers.get(MESSAGES_NOTE, ()))
        warned = list_warnings(files if answers.get(RECENT_UNNAMED) else ())
        return {"code": answers.get(RECENT, ""), "warnings": warned}

    return Input(
        parse,
        options=list_options,
        prompt=lambda answers: "recent" if may_be_added(answers) else "ask",
        prompts=("ask", "recent"),
        params=params,
        reasons=(UNKNOWN_CHOICE, "empty", "too-many", "too-long", "too-large", *PLACE_REMARKS),
    )


def show_formal_path(answers: Answers) -> Mapping[str, Param]:
    """Return the parameter "about": the text about the legal procedure for the chosen kind."""
    return {"about": Words(f"feedback.formal.about.{get_kind(answers)}")}


def show_ban(answers: Answers) -> Mapping[str, Param]:
    """Return the parameters of the text about the ban that refuses the submission."""
    ban = find_ban(answers)
    return describe_ban(ban) if ban is not None else {}


def show_summary(answers: Answers) -> Mapping[str, Param]:
    """Return the answers as parameters of the review page."""
    text = join_texts(answers["details"])
    identity, files = get_identity(answers), list_files(answers["details"])
    return {
        "kind": Words(f"feedback.kind.options.{get_kind(answers)}"),
        "topic": tuple(Words(f"feedback.topic.options.{topic}") for topic in answers["topic"]),
        "area": name_unit(answers["area"]),
        "text": text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rstrip()}…",
        "files": len(files),
        "identity": (
            answers["phone"]
            if identity is Identity.PHONE
            else Words(f"feedback.identity.options.{identity}")
        ),
        "warnings": list_warnings(files if identity is Identity.UNNAMED else ()),
    }


def _unless_added(step: Step) -> Step:
    """Return a step that is not asked if the messages are added to another submission."""
    when = step.when
    return replace(step, when=lambda answers: not is_addition(answers) and when(answers))


# The questions about a new submission.
_STEPS = (
    Step("consent", consent_input(), when=needs_consent, editable=False),
    Step("kind", choice_input("feedback.kind", *Kind)),
    # It is asked after "details". It stands here because its answer decides about "formal".
    Step("seems", suggested_kind_input(), when=may_suggest_kind, editable=False),
    Step(
        "formal",
        choice_input(
            "feedback.formal", "inform", stops={"stop": "formal"}, params=show_formal_path
        ),
        when=has_formal_path,
        editable=False,
    ),
    Step("details", messages_input("feedback.details", SUBMISSION_LIMITS)),
    Step("danger", danger_input(), when=seems_dangerous, editable=False),
    Step("personal", personal_data_input(), when=has_personal_data, editable=False),
    Step("topic", topics_input(suggest_topics)),
    Step("area", area_input("feedback.area")),
    # It can be left by going back, or by stopping: nothing answers it.
    Step(
        "banned",
        choice_input("feedback.banned", stops={"stop": "banned"}, params=show_ban),
        when=is_banned,
        editable=False,
    ),
    Step("identity", choice_input("feedback.identity", *Identity), when=may_have_name),
    Step("phone", phone_input(), when=wants_phone_contact),
    Step("review", review_input("feedback.review", show_summary)),
)

FEEDBACK_FLOW = Flow(
    "feedback",
    (
        Step("offer", offer_input(), when=wrote_first, editable=False),
        *map(_unless_added, _STEPS),
    ),
    add_late_reply=partial(add_late_file, step="details", limits=SUBMISSION_LIMITS),
)
