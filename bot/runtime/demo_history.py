"""The history of the demo: what happened with opinions and forums in the 60 days before it began.

demo.toml is the table of it. The services store it in the order of time, as they store what people
do: rows, timeline and audit log agree. Messages of long ago are not sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import action_service, staff
from bot.casework.case_access import ClockAccess
from bot.casework.clock_actions import CLOSE
from bot.casework.permissions import LEADER_ROLES
from bot.casework.resident_actions import RATE, REPLY, WITHDRAW
from bot.conversation.consent import NOTICE_VERSION
from bot.core.requests import Chat
from bot.core.transitions import perform_transition
from bot.feedback import intake_service
from bot.forums.attendance import check_in, registration
from bot.forums.planning import action_service as planning
from storage import attendance, forums, outbox, submissions
from storage.models import Identity, Role

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum

_FIRST_DAY = timedelta(days=61)  # before the demo: officers join, residents agree to the notice
_SENT_SINCE = timedelta(days=2)  # messages of before are not sent
_LENGTH = timedelta(hours=2)  # of a forum
_HALF_HOUR = timedelta(minutes=30)
# Minutes by which the opinions of a day differ, so that not all come at the minute of the start.
_STRIDE, _SPREAD = 37, 300
_BY_LEADERS = frozenset({"approve", "send_back", "reject", "divert"})
_BY_RESIDENTS = {"rate": RATE, "reply": REPLY, "withdraw": WITHDRAW}


@dataclass(frozen=True)
class _Event:
    """Something that happens at a time; `run` stores it."""

    at: datetime
    run: Callable[[UnitOfWork], Awaitable[Any]]


async def store_history(work: UnitOfWork, samples: Mapping[str, Any]) -> None:
    """Store the content of demo.toml, in the transaction of `work`. `work.now` is the present.

    Raises Refused if an action of the table is not allowed.
    """
    history = _History(work.now, samples)
    is_recent = False
    for event in sorted(history.list_events(work), key=lambda each: each.at):
        if not is_recent and event.at > work.now - _SENT_SINCE:
            is_recent = True
            await history.drop_messages(work)
        await event.run(replace(work, now=event.at))


def list_past_users(samples: Mapping[str, Any]) -> list[int]:
    """Return the ids of those who have used the bot before the demo, in the order of the table."""
    users = {each["by"] for each in samples["opinions"]}
    users |= {each["by"] for forum in samples["forums"] for each in forum["attendees"]}
    people = samples["people"]
    return [each["id"] for each in people if "unit" in each or each["id"] in users]


class _History:
    """The events of the samples, and the codes of what they stored."""

    def __init__(self, now: datetime, samples: Mapping[str, Any]) -> None:
        self._now = now
        self._samples = samples
        self._people = {person["id"]: person for person in samples["people"]}
        self._codes: dict[str, str] = {}

    def list_events(self, work: UnitOfWork) -> Iterator[_Event]:
        """Yield all events, in no order of time; those at the same time are in their order."""
        for person_id in list_past_users(self._samples):
            person = self._people[person_id]
            join = self._join_officer if "unit" in person else self._agree_to_notice
            yield _Event(self._now - _FIRST_DAY, _bind(join, person))
        for forum in self._samples["forums"]:
            yield from self._list_forum_events(forum, work)
        for number, opinion in enumerate(self._samples["opinions"]):
            yield from self._list_case_events(opinion, number)

    async def drop_messages(self, work: UnitOfWork) -> None:
        """Expire all waiting messages to the people of the demo."""
        pseudonyms = work.policy.pseudonyms
        for chat_id in self._people:
            every_id = {
                chat_id,
                *pseudonyms.list_pseudonyms(chat_id),
                *pseudonyms.list_pseudonyms(chat_id, named=True),
            }
            for each in every_id:
                await outbox.cancel_chat_messages(work.connection, each, work.now)

    # People

    async def _join_officer(self, work: UnitOfWork, person: Mapping[str, Any]) -> None:
        role = Role(person.get("rank", Role.OFFICER))
        token = await staff.make_invite(work, person["unit"], role, ())
        await staff.accept_invite(work, person["id"], person["name"], token)
        if not person.get("on_duty", True):
            await staff.set_duty(work, person["id"], on_duty=False)

    async def _agree_to_notice(self, work: UnitOfWork, person: Mapping[str, Any]) -> None:
        chat = self._make_chat(person["id"])
        await intake_service.record_consent(work, chat, {"consent": NOTICE_VERSION})

    def _make_chat(self, person_id: int) -> Chat:
        return Chat(person_id, self._people[person_id]["language"])

    def _find_officer(self, unit: str, *, leads: bool) -> int:
        """Return the chat of an officer or a leader of a unit, else of the city."""
        roles = LEADER_ROLES if leads else {Role.OFFICER}
        found = {
            person["unit"]: person["id"]
            for person in self._people.values()
            if "unit" in person and Role(person.get("rank", Role.OFFICER)) in roles
        }
        return int(found.get(unit, found[CITY]))

    # Opinions and their cases

    def _list_case_events(self, opinion: Mapping[str, Any], number: int) -> Iterator[_Event]:
        key = opinion.get("name", f"opinion {number}")
        spread = timedelta(minutes=number * _STRIDE % _SPREAD)
        given_at = self._now - timedelta(days=opinion["days_ago"]) - spread
        yield _Event(given_at, _bind(self._give_opinion, opinion, key))
        for step in self._samples["stories"][opinion["story"]]:
            name, hours = step.split()
            at = given_at + timedelta(hours=float(hours))
            yield _Event(at, _bind(self._act, key, name, opinion))

    async def _give_opinion(self, work: UnitOfWork, opinion: Mapping[str, Any], key: str) -> None:
        answers = {
            "kind": opinion["kind"],
            "area": opinion["area"],
            "topic": [opinion["topic"]],
            "details": _write(opinion["text"]),
            "identity": Identity(opinion.get("identity", Identity.CHANNEL)),
        }
        if "forum" in opinion:
            answers["@forum"] = self._codes[opinion["forum"]]
        chat = self._make_chat(opinion["by"])
        self._codes[key] = await intake_service.receive_submission(work, chat, answers)

    async def _act(self, work: UnitOfWork, key: str, name: str, opinion: Mapping[str, Any]) -> None:
        """Perform an action of the resident, of the clock, or of an officer of the case."""
        code = self._codes[key]
        case = await submissions.find_submission(work.connection, code)
        assert case is not None
        values = dict(opinion.get(name, {}))
        if name in _BY_RESIDENTS:
            if "text" in values:
                values = {"details": _write(values["text"])}
            chat, action = self._make_chat(opinion["by"]), _BY_RESIDENTS[name]
            changed = await action_service.perform_own_action(work, chat, [action], code, values)
            assert changed is not None, (key, name)
        elif name == CLOSE.name:
            await perform_transition(work, CLOSE, ClockAccess(case), {})
        else:
            if "into" in values:
                values["into"] = self._codes[values["into"]]
            officer = self._find_officer(case.handled_by, leads=name in _BY_LEADERS)
            await action_service.perform_action(work, officer, name, code, values)

    # Forums

    def _list_forum_events(self, forum: Mapping[str, Any], work: UnitOfWork) -> Iterator[_Event]:
        planned_at = self._now - timedelta(days=forum["planned_days_ago"])
        starts_at = self._compute_start(forum, work)
        yield _Event(planned_at, _bind(self._plan, forum, starts_at))
        for number, attendee in enumerate(forum["attendees"], 1):
            at = planned_at + number * timedelta(hours=5)
            yield _Event(at, _bind(self._register, forum, attendee))
        if starts_at > self._now:
            return
        yield _Event(starts_at - _HALF_HOUR, _bind(self._open_doors, forum))
        yield _Event(starts_at, _bind(self._act_on_forum, forum, "begin", {}))
        for number, promise in enumerate(forum["promises"], 1):
            key = f"{forum['name']}, promise {number}"
            at = starts_at + number * _HALF_HOUR
            yield _Event(at, _bind(self._promise, forum, promise, key))
            if "kept_days_ago" in promise:
                kept_at = self._now - timedelta(days=promise["kept_days_ago"])
                for hours, name in enumerate(("accept", "propose", "approve")):
                    at = kept_at + timedelta(hours=hours)
                    yield _Event(at, _bind(self._act, key, name, promise))
        ends_at = starts_at + _LENGTH
        yield _Event(ends_at, _bind(self._act_on_forum, forum, "end", {}))
        yield _Event(ends_at + timedelta(days=1), _bind(self._rate_forum, forum))
        yield _Event(ends_at + timedelta(days=3), _bind(self._report, forum))

    def _compute_start(self, forum: Mapping[str, Any], work: UnitOfWork) -> datetime:
        zone = work.policy.zone
        day = (self._now + timedelta(days=forum["starts_in_days"])).astimezone(zone).date()
        return datetime.combine(day, time.fromisoformat(forum["at"]), zone)

    async def _plan(self, work: UnitOfWork, forum: Mapping[str, Any], starts_at: datetime) -> None:
        plan = {
            **{name: forum[name] for name in ("title", "venue", "place", "capacity", "head")},
            **{name: forum[name] for name in ("agenda", "invited")},
            "area": self._people[forum["by"]]["unit"],
            "starts": starts_at.isoformat(),
            "topic": forum["topics"],
            "until": "1",
        }
        code = await planning.submit_plan(work, self._make_chat(forum["by"]), plan)
        self._codes[forum["name"]] = code
        await planning.perform_action(work, forum["approved_by"], "approve", code, {})

    async def _register(
        self, work: UnitOfWork, forum: Mapping[str, Any], attendee: Mapping[str, Any]
    ) -> None:
        answers = {
            "@code": self._codes[forum["name"]],
            **{name: attendee[name] for name in ("people", "category")},
        }
        await registration.register_attendee(work, self._make_chat(attendee["by"]), answers)

    async def _open_doors(self, work: UnitOfWork, forum: Mapping[str, Any]) -> None:
        """Check in those who came."""
        stored = await forums.find_published_forum(work.connection, self._codes[forum["name"]])
        assert stored is not None
        for attendee in forum["attendees"]:
            pseudonyms = work.policy.pseudonyms.list_pseudonyms(attendee["by"], named=True)
            ticket = await attendance.find_registration(work.connection, stored.id, pseudonyms)
            if "rating" in attendee and ticket is not None:
                await check_in.scan_ticket(work, forum["by"], ticket.token)

    async def _act_on_forum(
        self, work: UnitOfWork, forum: Mapping[str, Any], name: str, values: Mapping[str, Any]
    ) -> Forum:
        """Perform an action of the organiser; a second person confirms it where it is needed."""
        code = self._codes[forum["name"]]
        changed = await planning.perform_action(work, forum["by"], name, code, values)
        if changed.proposal is None:
            return changed
        version = f"{code}.{changed.version}"
        return await planning.perform_action(work, forum["approved_by"], "confirm", version, {})

    async def _promise(
        self, work: UnitOfWork, forum: Mapping[str, Any], promise: Mapping[str, Any], key: str
    ) -> None:
        due = (self._now + timedelta(days=promise["due_in_days"])).date().isoformat()
        values = {"text": promise["text"], "owner": promise["owner"], "due": due}
        changed = await self._act_on_forum(work, forum, "promise", values)
        for each in await attendance.list_commitments(work.connection, changed.id):
            if each.text == promise["text"] and each.submission_id is not None:
                case = await submissions.get_submission(work.connection, each.submission_id)
                self._codes[key] = case.code

    async def _rate_forum(self, work: UnitOfWork, forum: Mapping[str, Any]) -> None:
        for attendee in forum["attendees"]:
            if "rating" in attendee:
                code, rating = self._codes[forum["name"]], attendee["rating"]
                await registration.rate_forum(work, attendee["by"], code, rating)

    async def _report(self, work: UnitOfWork, forum: Mapping[str, Any]) -> None:
        await self._act_on_forum(work, forum, "report", {"minutes": forum["minutes"]})


def _bind(
    function: Callable[..., Awaitable[Any]], *arguments: Any
) -> Callable[[UnitOfWork], Awaitable[Any]]:
    """Return a function of the unit of work, with the further arguments set."""
    return lambda work: function(work, *arguments)


def _write(text: str) -> list[dict[str, Any]]:
    """Return a text as the messages of a person."""
    return [{"id": None, "text": text, "file": None}]
