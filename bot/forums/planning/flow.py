"""The conversations of planners: the plan of a forum, and the values that an action needs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.areas.question import area_input
from bot.areas.units import name_unit
from bot.classification.personal_data import find_personal_data
from bot.classification.suggestion import suggest_topics
from bot.conversation.flow import (
    UNKNOWN_CHOICE,
    Answers,
    Flow,
    Input,
    Option,
    Rejected,
    Step,
    StepNotes,
)
from bot.conversation.inputs import (
    choice_input,
    parse_choice,
    review_input,
    text_input,
)
from bot.conversation.long_text import long_text_input, read_text
from bot.conversation.meanings import Meaning
from bot.conversation.reply import PlaceProblem, Reply
from bot.core.datetime_parser import InvalidMoment, PastMoment, parse_day, parse_moment
from bot.core.screen import Words
from bot.core.typed_numbers import parse_number
from bot.feedback.text_questions import MAX_TOPICS, topics_input
from bot.forums.shared.public_texts import without_links
from bot.notifications.summaries import list_topics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.screen import Param

# Characters of one answer of a step.
_TITLE, _LINE, _LONG, _MINUTES = 150, 300, 10_000, 20_000
_MAX_PLACES = 100_000  # of one forum
# The topics that a point of an agenda suggests.
_suggest_cached: Any = lru_cache(maxsize=256)(suggest_topics)
# Characters of long minutes that the review page shows.
_SHOWN_START, _SHOWN_END = 1500, 500
# The choices for the last moment for opinions: days before the start.
_UNTIL_DAYS = ("0", "1", "2", "3", "7")


# Reasons that every question for a date shares.
_MOMENT_REASONS = ("moment.lunar", "moment.zone", "moment.weekday")


def moment_input() -> Input:
    """Return a question for a typed date and time in the future. The answer is ISO 8601.

    It needs the facts "@now" and "@zone".
    """

    def parse(reply: Reply, answers: Answers) -> str:
        now, zone = datetime.fromisoformat(answers["@now"]), ZoneInfo(answers["@zone"])
        try:
            return parse_moment((reply.text or "")[:100], now, zone).isoformat()
        except InvalidMoment as invalid:
            raise _explain_moment(invalid, "not-a-moment") from None
        except PastMoment:
            raise Rejected("past") from None

    return Input(parse, reasons=("not-a-moment", "past", *_MOMENT_REASONS), takes_text=True)


def _explain_moment(invalid: InvalidMoment, unreadable: str) -> Rejected:
    """Return why a text is refused; `unreadable` is the reason for a text that says no date.

    With a wrong weekday, the right one of the date is named.
    """
    if invalid.reason == "unreadable":
        return Rejected(unreadable)
    reason = f"moment.{invalid.reason}"
    if invalid.day is None:
        return Rejected(reason)
    return Rejected(reason, on=invalid.day, weekday=name_weekday(invalid.day))


def name_weekday(day: date) -> Words:
    """Return the name of the weekday of a date, to be shown before the date is used."""
    return Words(f"moment.weekday_names.{day.weekday()}")


def day_input() -> Input:
    """Return a question for a typed day in the future. The answer is ISO 8601.

    It needs the facts "@now" and "@zone".
    """

    def parse(reply: Reply, answers: Answers) -> str:
        now, zone = datetime.fromisoformat(answers["@now"]), ZoneInfo(answers["@zone"])
        try:
            return parse_day((reply.text or "")[:100], now, zone).isoformat()
        except InvalidMoment as invalid:
            raise _explain_moment(invalid, "not-a-day") from None
        except PastMoment:
            raise Rejected("past") from None

    return Input(parse, reasons=("not-a-day", "past", *_MOMENT_REASONS), takes_text=True)


def _default_or_typed(texts: str, option: str, limit: int) -> Input:
    """Return a question for a line of text of at most `limit` characters.

    The button `option` gives the empty answer.
    """
    typed = text_input(texts, limit=limit)
    options = (Option(option, Words(f"{texts}.options.{option}"), (Meaning.SKIP, Meaning.NO)),)

    def parse(reply: Reply, answers: Answers) -> str:
        if reply.choice is not None:
            parse_choice(reply, options)
            return ""
        return str(typed.parse(reply, answers))

    return Input(parse, options=lambda _answers: options, reasons=typed.reasons, takes_text=True)


def _public_text(texts: str) -> Input:
    """Return a question, with a button to skip it, for a long text that will be announced."""
    return without_links(long_text_input(texts, limit=_LONG, optional=True))


def capacity_input() -> Input:
    """Return a question for the number of places; the answer 0 means no limit."""
    options = (Option("0", Words("newforum.capacity.options.0"), (Meaning.NO,)),)

    def parse(reply: Reply, _answers: Answers) -> int:
        if reply.choice is not None:
            return int(parse_choice(reply, options))
        places = parse_number((reply.text or "").strip().replace(".", ""))
        if not places or places > _MAX_PLACES:
            raise Rejected("not-a-number", most=_MAX_PLACES)
        return places

    return Input(
        parse,
        options=lambda _answers: options,
        reasons=(UNKNOWN_CHOICE, "not-a-number"),
        takes_text=True,
    )


def position_input() -> Input:
    """Return a question for the position of the venue.

    The answer is [latitude, longitude] in degrees, or [] if it was skipped. It is shared by the
    messenger's button, typed as coordinates, or a link to a map. A doubtful one is offered for
    confirmation: it is the note `place.offered`, with the note `place.doubt`.
    """
    keep, skip = (
        Option(name, Words(f"newforum.place.options.{name}"), meanings)
        for name, meanings in (("keep", (Meaning.YES,)), ("skip", (Meaning.SKIP, Meaning.NO)))
    )

    def options(answers: Answers) -> tuple[Option, ...]:
        return (keep, skip) if "place.offered" in answers else (skip,)

    def parse(reply: Reply, answers: Answers) -> list[float] | StepNotes:
        shared = reply.place or reply.attachment
        if reply.place_problem is PlaceProblem.UNREADABLE_LINK:
            raise Rejected(reply.place_problem)
        if shared is not None and shared.latitude is not None and shared.longitude is not None:
            place = [shared.latitude, shared.longitude]
            is_swapped = reply.place_problem is PlaceProblem.SWAPPED
            if is_swapped or reply.nearby == ():
                return StepNotes(
                    {"offered": place, "doubt": "swapped" if is_swapped else "outside"}
                )
            return place
        chosen = parse_choice(reply, options(answers))
        return list(answers["place.offered"]) if chosen == keep.value else []

    def params(answers: Answers) -> Mapping[str, Param]:
        latitude, longitude = answers.get("place.offered") or ("", "")
        return {"latitude": str(latitude), "longitude": str(longitude)}

    return Input(
        parse,
        options=options,
        prompt=lambda answers: answers.get("place.doubt", "ask"),
        prompts=("ask", "swapped", "outside"),
        params=params,
        sharing=lambda answers: None if "place.offered" in answers else "location",
        key_labels=(Words("newforum.place.options.skip"),),
        reasons=(UNKNOWN_CHOICE, PlaceProblem.UNREADABLE_LINK),
    )


def submission_deadline_input() -> Input:
    """Return a question for the number of days before the start until which opinions may be sent.

    Only days in the future can be chosen.
    """

    def list_options(answers: Answers) -> tuple[Option, ...]:
        time_left = timedelta.max
        if "starts" in answers:
            time_left = get_start(answers) - datetime.fromisoformat(answers["@now"])
        return tuple(
            Option(days, Words(f"newforum.until.options.{days}"))
            for days in _UNTIL_DAYS
            if days == "0" or time_left > timedelta(days=int(days))
        )

    return Input(
        lambda reply, answers: parse_choice(reply, list_options(answers)),
        options=list_options,
        is_valid=lambda value, answers: value in {option.value for option in list_options(answers)},
        reasons=(UNKNOWN_CHOICE,),
    )


def get_start(answers: Answers) -> datetime:
    """Return the start of the forum, with a time zone."""
    return datetime.fromisoformat(answers["starts"])


def get_submission_deadline(answers: Answers) -> datetime:
    """Return the time until which opinions may be sent, with a time zone."""
    return get_start(answers) - timedelta(days=int(answers["until"]))


def show_invited(organisations: Sequence[str]) -> Words | str:
    """Return the line that names the invited organisations, or "" if there are none."""
    return Words("forum.invited", {"invited": "; ".join(organisations)}) if organisations else ""


def split_lines(typed: str) -> list[str]:
    """Return the lines of a text, without bullets and numbers, and without empty lines."""
    stripped = (line.strip(" \t-–•*") for line in typed.splitlines())
    return [line for line in stripped if line]


def get_title(answers: Answers) -> str | Words:
    """Return the typed title, or the text of the usual title."""
    return answers["title"] or Words("forum.usual_title")


def show_preview(answers: Answers) -> Mapping[str, Param]:
    """Return the parameters of the review page, which shows the notice to residents."""
    return {
        "title": get_title(answers),
        "area": name_unit(answers["area"]),
        "venue": answers["venue"],
        "at": get_start(answers),
        "capacity": answers["capacity"] or Words("newforum.capacity.options.0"),
        "head": answers["head"],
        "agenda": "; ".join(split_lines(read_text(answers["agenda"]))),
        "topics": list_topics(answers["topic"]),
        "invited": show_invited(split_lines(read_text(answers["invited"]))),
        "until": get_submission_deadline(answers),
    }


def suggest_plan_topics(answers: Answers) -> Sequence[str]:
    """Return the topics that the points of the agenda suggest, in their order."""
    points = [point for point in read_text(answers["agenda"]).splitlines() if point.strip()]
    topics = [topic.value for point in points for topic in _suggest_cached(point)]
    return list(dict.fromkeys(topics))[:MAX_TOPICS]


# The plan of a new forum. Each of the other flows asks for the values of the action of its name.
NEWFORUM_FLOW = Flow(
    "newforum",
    (
        Step("title", without_links(_default_or_typed("newforum.title", "usual", _TITLE))),
        Step("area", area_input("newforum.area")),
        Step("venue", without_links(text_input("newforum.venue", limit=_LINE))),
        Step("place", position_input()),
        Step("starts", moment_input()),
        Step("capacity", capacity_input()),
        Step("head", without_links(text_input("newforum.head", limit=_LINE))),
        Step("agenda", without_links(long_text_input("newforum.agenda", limit=_LONG))),
        Step("topic", topics_input(suggest_plan_topics)),
        Step(
            "invited",
            _public_text("newforum.invited"),
        ),
        Step("until", submission_deadline_input()),
        Step("review", review_input("newforum.review", show_preview)),
    ),
)


def _reason(flow: str) -> Step:
    return Step("reason", without_links(text_input(f"{flow}.reason", limit=_LINE)))


def _same_or_moment(texts: str) -> Input:
    """Return a question for a future moment; the button "same" gives the empty answer."""
    typed, same = (
        moment_input(),
        (Option("same", Words(f"{texts}.options.same"), (Meaning.SKIP, Meaning.NO)),),
    )

    def parse(reply: Reply, answers: Answers) -> str:
        if reply.choice is not None:
            parse_choice(reply, same)
            return ""
        return str(typed.parse(reply, answers))

    return Input(
        parse,
        options=lambda _answers: same,
        reasons=(UNKNOWN_CHOICE, *typed.reasons),
        takes_text=True,
    )


def _show_reschedule(answers: Answers) -> Mapping[str, Param]:
    """Return the parameters of the page that shows a forum's new start and venue."""
    same = {name: Words(f"forum_reschedule.{name}.options.same") for name in ("starts", "venue")}
    return {
        "at": get_start(answers) if answers["starts"] else same["starts"],
        "venue": answers["venue"] or same["venue"],
        "pin": Words(f"forum_reschedule.pin.{_name_pin(answers)}"),
        "reason": answers["reason"],
    }


def _name_pin(answers: Answers) -> str:
    if not answers["venue"]:
        return "same"
    return "new" if answers.get("place") else "none"


def _has_new_venue(answers: Answers) -> bool:
    return bool(answers.get("venue"))


def _show_promise(answers: Answers) -> Mapping[str, Param]:
    """Return the parameters of the page that shows a commitment."""
    due = date.fromisoformat(answers["due"])
    return {
        "text": answers["text"],
        "owner": answers["owner"],
        "at": due,
    }


def _show_report(answers: Answers) -> Mapping[str, Param]:
    """Return the parameters of the page that shows minutes: their length, beginning and end.

    It warns of personal data: minutes are published.
    """
    minutes = read_text(answers["minutes"])
    shown = minutes
    if len(minutes) > _SHOWN_START + _SHOWN_END:
        shown = f"{minutes[:_SHOWN_START].rstrip()}\n[…]\n{minutes[-_SHOWN_END:].lstrip()}"
    kinds = dict.fromkeys(found.kind for found in find_personal_data(minutes))
    found = tuple(Words(f"feedback.personal.kind.{kind}") for kind in kinds)
    warning = Words("forum_report.review.personal", {"found": found}) if found else ""
    return {"characters": len(minutes), "text": shown, "warnings": warning}


# Another start, another venue, or both.
RESCHEDULE_FLOW = Flow(
    "forum_reschedule",
    (
        Step("starts", _same_or_moment("forum_reschedule.starts")),
        Step("venue", without_links(_default_or_typed("forum_reschedule.venue", "same", _LINE))),
        Step("place", position_input(), when=_has_new_venue),
        _reason("forum_reschedule"),
        Step("review", review_input("forum_reschedule.review", _show_reschedule)),
    ),
)
CAPACITY_FLOW = Flow("forum_capacity", (Step("capacity", capacity_input()),))
# Typos in the title and the agenda.
CORRECT_FLOW = Flow(
    "forum_correct",
    (
        Step("title", without_links(_default_or_typed("forum_correct.title", "same", _TITLE))),
        Step(
            "agenda",
            _public_text("forum_correct.agenda"),
        ),
    ),
)
SEND_BACK_FLOW = Flow("forum_send_back", (_reason("forum_send_back"),))
# The choice is the whole reason: an urgent cancellation has no free words.
CALL_OFF_FLOW = Flow(
    "forum_call_off",
    (Step("reason", choice_input("forum_call_off.reason", "weather", "venue", "duty", "other")),),
)
POSTPONE_FLOW = Flow("forum_postpone", (_reason("forum_postpone"),))
CANCEL_FLOW = Flow("forum_cancel", (_reason("forum_cancel"),))
# A commitment.
PROMISE_FLOW = Flow(
    "forum_promise",
    (
        Step("text", without_links(text_input("forum_promise.text", limit=_LINE))),
        Step("owner", without_links(text_input("forum_promise.owner", limit=_TITLE))),
        Step("due", day_input()),
        Step("review", review_input("forum_promise.review", _show_promise)),
    ),
)
# The minutes, for the results of the forum.
REPORT_FLOW = Flow(
    "forum_report",
    (
        Step("minutes", without_links(long_text_input("forum_report.minutes", limit=_MINUTES))),
        Step("review", review_input("forum_report.review", _show_report)),
    ),
)
