"""The questions by which a resident gives an opinion, on one page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bot.areas.question import area
from bot.areas.units import named
from bot.conversation.flow import (
    Answers,
    Flow,
    Input,
    Option,
    Reply,
    Step,
    Stop,
)
from bot.conversation.inputs import (
    CHOOSE,
    choice,
    chosen,
    files_of,
    gather,
    late_file,
    messages,
    phone,
    review,
    text_of,
)
from bot.feedback.questions import (
    danger,
    kind_as_suggested,
    may_suggest_a_kind,
    names_somebody,
    personal_data,
    seems_dangerous,
    text_suggests,
    topics,
)
from bot.feedback.rules import (
    NOTICE_VERSION,
    ROOM,
    gives_phone,
    has_a_formal_path,
    identity_of,
    kind_of,
    may_be_named,
)
from bot.screen import Param, Words
from storage.models import Identity, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXCERPT = 600  # characters of the text on the review page


def wrote_first(answers: Answers) -> bool:
    """The resident wrote before asking to give an opinion."""
    return bool(answers.get("@wrote_first"))


def not_yet_agreed(answers: Answers) -> bool:
    """The resident has not agreed to the present version of the notice."""
    return answers.get("@agreed") != NOTICE_VERSION


def offer() -> Input:
    """Whether what was written shall become an opinion; what is written meanwhile is added."""
    options = tuple(Option(v, Words(f"feedback.offer.options.{v}")) for v in ("yes", "no"))

    def parse(reply: Reply, answers: Answers) -> Any:
        if reply.choice is None:
            so_far = list(answers.get("details.messages", ()))
            return gather(so_far, reply, ROOM)
        if chosen(reply, options) == "no":
            raise Stop("not_meant")
        return "yes"

    return Input(
        parse,
        options=lambda _answers: options,
        reasons=(CHOOSE, "empty", "too-many", "too-long", "too-large"),
    )


def agreement() -> Input:
    """Explicit consent to the notice; the button names the version that was shown."""
    options = (
        Option(NOTICE_VERSION, Words("feedback.consent.options.agree")),
        Option("refuse", Words("feedback.consent.options.refuse")),
    )

    def parse(reply: Reply, _answers: Answers) -> str:
        value = chosen(reply, options)
        if value == "refuse":
            raise Stop("refused")
        return value

    return Input(
        parse,
        options=lambda _answers: options,
        holds=lambda value, _answers: value == NOTICE_VERSION,
        reasons=(CHOOSE,),
    )


def about_the_kind(answers: Answers) -> Mapping[str, Param]:
    """What the law says of this kind of opinion."""
    return {"about": Words(f"feedback.formal.about.{kind_of(answers)}")}


def summary(answers: Answers) -> Mapping[str, Param]:
    """The answers as the review page shows them."""
    text = text_of(answers["details"])
    identity = identity_of(answers)
    return {
        "kind": Words(f"feedback.kind.options.{kind_of(answers)}"),
        "topic": tuple(Words(f"feedback.topic.options.{topic}") for topic in answers["topic"]),
        "area": named(answers["area"]),
        "text": text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rstrip()}…",
        "files": len(files_of(answers["details"])),
        "identity": (
            answers["phone"]
            if identity is Identity.PHONE
            else Words(f"feedback.identity.options.{identity}")
        ),
    }


FEEDBACK = Flow(
    "feedback",
    (
        Step("offer", offer(), when=wrote_first, editable=False),
        Step("consent", agreement(), when=not_yet_agreed, editable=False),
        Step("kind", choice("feedback.kind", *Kind)),
        # Asked once the text is there; it stands here because a formal kind leads to what follows.
        Step("seems", kind_as_suggested(), when=may_suggest_a_kind, editable=False),
        Step(
            "formal",
            choice("feedback.formal", "inform", stops={"stop": "formal"}, show=about_the_kind),
            when=has_a_formal_path,
            editable=False,
        ),
        Step("details", messages("feedback.details", ROOM)),
        Step("danger", danger(), when=seems_dangerous, editable=False),
        Step("personal", personal_data(), when=names_somebody, editable=False),
        Step("topic", topics(text_suggests)),
        Step("area", area("feedback.area")),
        Step("identity", choice("feedback.identity", *Identity), when=may_be_named),
        Step("phone", phone(), when=gives_phone),
        Step("review", review("feedback.review", summary)),
    ),
    aside=partial(late_file, room=ROOM),
)
