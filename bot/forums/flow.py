"""The organiser's conversations: the plan of a forum, and the words that a move needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.areas.question import area
from bot.areas.units import named
from bot.conversation.flow import Answers, Flow, Input, Option, Rejected, Reply, Step
from bot.conversation.inputs import CHOOSE, chosen, review, text
from bot.feedback.questions import suggestion, topic_names, topics
from bot.forums.when import NotAMoment, Past, read_day, read_moment
from bot.screen import Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.feedback.suggestion import Suggestion
    from bot.screen import Param

_TITLE, _LINE, _LONG = 150, 300, 3000  # characters
MOST_PEOPLE = 100_000
UNTIL_DAYS = ("0", "1", "2", "3", "7")


def moment(texts: str) -> Input:
    """A moment to come, typed; the answer is ISO 8601. Needs the facts `@now` and `@zone`."""

    def parse(reply: Reply, answers: Answers) -> str:
        now, zone = datetime.fromisoformat(answers["@now"]), ZoneInfo(answers["@zone"])
        try:
            return read_moment((reply.text or "")[:100], now, zone).isoformat()
        except NotAMoment:
            raise Rejected("not-a-moment") from None
        except Past:
            raise Rejected("past") from None

    del texts
    return Input(parse, reasons=("not-a-moment", "past"))


def day(texts: str) -> Input:
    """A day to come, typed; the answer is ISO 8601. Needs the facts `@now` and `@zone`."""

    def parse(reply: Reply, answers: Answers) -> str:
        now, zone = datetime.fromisoformat(answers["@now"]), ZoneInfo(answers["@zone"])
        try:
            return read_day((reply.text or "")[:100], now, zone).isoformat()
        except NotAMoment:
            raise Rejected("not-a-day") from None
        except Past:
            raise Rejected("past") from None

    del texts
    return Input(parse, reasons=("not-a-day", "past"))


def _default_or_typed(texts: str, option: str, limit: int) -> Input:
    """A line of text, or what a button stands for; the answer is then empty."""
    typed = text(texts, limit=limit)
    options = (Option(option, Words(f"{texts}.options.{option}")),)

    def parse(reply: Reply, answers: Answers) -> str:
        if reply.choice is not None:
            chosen(reply, options)
            return ""
        return str(typed.parse(reply, answers))

    return Input(parse, options=lambda _answers: options, reasons=typed.reasons)


def capacity() -> Input:
    """How many people fit: a number, or 0 for no limit."""
    options = (Option("0", Words("newforum.capacity.options.0")),)

    def parse(reply: Reply, _answers: Answers) -> int:
        if reply.choice is not None:
            return int(chosen(reply, options))
        typed = (reply.text or "").strip().replace(".", "")
        if not (typed.isascii() and typed.isdigit() and 0 < int(typed[:9]) <= MOST_PEOPLE):
            raise Rejected("not-a-number", most=MOST_PEOPLE)
        return int(typed)

    return Input(parse, options=lambda _answers: options, reasons=(CHOOSE, "not-a-number"))


def place() -> Input:
    """Where it is on the map: a shared position, or nothing."""
    options = (Option("skip", Words("newforum.place.options.skip")),)

    def parse(reply: Reply, _answers: Answers) -> list[float]:
        shared = reply.attachment
        if shared is not None and shared.latitude is not None and shared.longitude is not None:
            return [shared.latitude, shared.longitude]
        chosen(reply, options)
        return []

    return Input(
        parse,
        options=lambda _answers: options,
        asks=lambda _answers: "location",
        reasons=(CHOOSE,),
    )


def until() -> Input:
    """How many days before the start opinions may be sent: only what is still to come."""

    def possible(answers: Answers) -> tuple[Option, ...]:
        left = timedelta.max
        if "starts" in answers:
            left = starts_of(answers) - datetime.fromisoformat(answers["@now"])
        return tuple(
            Option(days, Words(f"newforum.until.options.{days}"))
            for days in UNTIL_DAYS
            if days == "0" or left > timedelta(days=int(days))
        )

    return Input(
        lambda reply, answers: chosen(reply, possible(answers)),
        options=possible,
        holds=lambda value, answers: value in {each.value for each in possible(answers)},
        reasons=(CHOOSE,),
    )


def starts_of(answers: Answers) -> datetime:
    """When it starts."""
    return datetime.fromisoformat(answers["starts"])


def until_of(answers: Answers) -> datetime:
    """Until when opinions may be sent ahead."""
    return starts_of(answers) - timedelta(days=int(answers["until"]))


def lines_of(typed: str) -> list[str]:
    """The lines that were typed, without marks before them and without empty ones."""
    stripped = (line.strip(" \t-–•*") for line in typed.splitlines())
    return [line for line in stripped if line]


def title_of(answers: Answers) -> str | Words:
    """The title that was typed, or the usual one."""
    return answers["title"] or Words("forum.usual_title")


def preview(answers: Answers) -> Mapping[str, Param]:
    """The notice as residents will read it."""
    return {
        "title": title_of(answers),
        "area": named(answers["area"]),
        "venue": answers["venue"],
        "at": starts_of(answers),
        "capacity": answers["capacity"] or Words("newforum.capacity.options.0"),
        "head": answers["head"],
        "agenda": "; ".join(lines_of(answers["agenda"])),
        "topics": topic_names(answers["topic"]),
        "invited": "; ".join(lines_of(answers["invited"])) or "–",
        "until": until_of(answers),
    }


def about(answers: Answers) -> Sequence[str]:
    """The topics that a plan seems to be about."""
    seems: Suggestion = suggestion(f"{answers['title']}\n{answers['agenda']}")
    return [topic.value for topic in seems.topics]


NEWFORUM = Flow(
    "newforum",
    (
        Step("title", _default_or_typed("newforum.title", "usual", _TITLE)),
        Step("area", area("newforum.area")),
        Step("venue", text("newforum.venue", limit=_LINE)),
        Step("place", place()),
        Step("starts", moment("newforum.starts")),
        Step("capacity", capacity()),
        Step("head", text("newforum.head", limit=_LINE)),
        Step("agenda", text("newforum.agenda", limit=_LONG)),
        Step("topic", topics(about)),
        Step("invited", text("newforum.invited", limit=_LONG, optional=True)),
        Step("until", until()),
        Step("review", review("newforum.review", preview)),
    ),
)


def _reason(flow: str) -> Step:
    return Step("reason", text(f"{flow}.reason", limit=_LINE))


def _same_or_moment(texts: str) -> Input:
    """A moment to come or, as before, nothing."""
    typed, same = moment(texts), (Option("same", Words(f"{texts}.options.same")),)

    def parse(reply: Reply, answers: Answers) -> str:
        if reply.choice is not None:
            chosen(reply, same)
            return ""
        return str(typed.parse(reply, answers))

    return Input(parse, options=lambda _answers: same, reasons=(CHOOSE, *typed.reasons))


RESCHEDULE = Flow(
    "forum_reschedule",
    (
        Step("starts", _same_or_moment("forum_reschedule.starts")),
        Step("venue", _default_or_typed("forum_reschedule.venue", "same", _LINE)),
        _reason("forum_reschedule"),
    ),
)
CAPACITY = Flow("forum_capacity", (Step("capacity", capacity()),))
SEND_BACK = Flow("forum_send_back", (_reason("forum_send_back"),))
POSTPONE = Flow("forum_postpone", (_reason("forum_postpone"),))
CANCEL = Flow("forum_cancel", (_reason("forum_cancel"),))
PROMISE = Flow(
    "forum_promise",
    (
        Step("text", text("forum_promise.text", limit=_LINE)),
        Step("owner", text("forum_promise.owner", limit=_TITLE)),
        Step("due", day("forum_promise.due")),
    ),
)
REPORT = Flow("forum_report", (Step("minutes", text("forum_report.minutes", limit=_LONG)),))

MOVES_WITH_WORDS = (RESCHEDULE, CAPACITY, SEND_BACK, POSTPONE, CANCEL, PROMISE, REPORT)
