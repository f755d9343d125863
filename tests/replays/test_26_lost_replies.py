"""Kind 26: the answer to an acknowledged update is lost when its replica is killed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bot.runtime.app import App
from tests.town.settings import make_settings
from tests.town.texts import contains_text
from tests.town.town import Town
from tests.transport.rows import MARK
from tests.transport.test_polling import poll, wait_until_confirmed

if TYPE_CHECKING:
    from tests.town.person import Person


def say(words: str) -> Callable[[Town, Person], None]:
    """Return an act: a person sends a text."""
    return lambda town, ann: _perform(town, ann, "text", words)


def press(label: str) -> Callable[[Town, Person], None]:
    """Return an act: a person presses a button of the newest message."""
    return lambda town, ann: _perform(
        town, ann, "press", message_id=ann.messages[-1]["message_id"], label=label
    )


def send(act: str, *given: Any) -> Callable[[Town, Person], None]:
    """Return an act: a person sends a file, an album, a place."""
    return lambda town, ann: _perform(town, ann, act, *given)


def _perform(town: Town, ann: Person, act: str, *given: Any, **named: Any) -> None:
    town.simulator.people.perform_action(act, ann.id, *given, **named)


# Acts at the question for the text of an opinion, of which one part is written already.
CONVERSATION = {
    "a text": say("Thêm một câu."),
    "a button": press("Đã đủ"),
    "a typed label": say("da du"),
    "cancelling by a button": press("Hủy"),
    "cancelling by a command": say("/huy"),
    "the same conversation again": say("/gopy"),
    "a photo": send("photo"),
    "a voice message": send("voice"),
    "a location": send("location", 20.86, 106.68),
}
REQUESTS = {
    "subscriptions": say("/nhantin"),
    "help": say("/trogiup"),
    "a list": say("/tracuu"),
    "a list that is not allowed": say("/vuviec"),
    "the welcome": say("/start"),
    "a broken deep link": say("/start claim_XXXX"),
    "an unknown command": say("/khongco"),
    "a code that nobody has": say("/tracuu HP-2222-2222"),
    "settings": say("/caidat"),
}
ALL = {**CONVERSATION, **REQUESTS}
every_act = pytest.mark.parametrize("act", list(ALL.values()), ids=list(ALL))
every_turn = pytest.mark.parametrize("act", list(CONVERSATION.values()), ids=list(CONVERSATION))


@contextlib.asynccontextmanager
async def run_two_replicas(town: Town, url: str, patience: float) -> AsyncIterator[Town]:
    """Run a second replica, whose patience with unsent replies is `patience` seconds."""
    settings = make_settings(url, town.simulator.url)
    app = App(settings, clock=lambda: town.now, album_pause=0.0, reply_patience=patience)
    async with town.run_replica(app):
        yield town


async def begin(town: Town, name: str) -> Person:
    """Add a person who has written one part of an opinion."""
    person = town.resident(name)
    await person.begins()
    await person.says("Đèn đường hỏng.")
    await person.reaches("feedback.review")
    await person.taps("feedback.review.options.add")
    return person


async def find_expected(town: Town, act: Callable[[Town, Person], None]) -> str:
    """Return what a person sees after an act when nothing fails."""
    bob = await begin(town, "Bob")
    act(town, bob)
    await town.deliver()
    return bob.sees


async def post_waiting(town: Town, replica: int) -> list[int]:
    """Post every waiting update to a replica; confirm those that it acknowledges."""
    waiting = town.simulator.state.get_account().updates
    statuses = []
    for update in waiting.list_updates():
        statuses.append(await town.post(town.replica(replica), update.body))
        if statuses[-1] == 200:
            waiting.confirm_update(update.id)
    return statuses


def kill(town: Town, replica: int) -> None:
    """Stop all that a replica is sending, as its end would."""
    for task in town.replica(replica).app.replies._tasks:
        task.cancel()


def hang_everything(town: Town, ann: Person) -> None:
    """Let no request about a chat be answered."""
    town.simulator.gateway.faults.add_fault("hang", chat_id=ann.id, count=None)


@every_act
async def test_an_acknowledged_update_has_its_answer(
    town: Town, act: Callable[[Town, Person], None]
) -> None:
    """When the webhook says 200, the person sees the answer already."""
    expected = await find_expected(town, act)
    ann = await begin(town, "Ann")
    act(town, ann)
    assert set(await post_waiting(town, 0)) == {200}
    assert ann.sees == expected
    await town.deliver()


async def test_a_confirmed_update_has_its_answer(town: Town) -> None:
    """The same by polling, for many people at once."""
    people = [await begin(town, f"R{number}") for number in range(len(ALL))]
    expected = [await find_expected(town, act) for act in ALL.values()]
    async with poll(town):
        for person, act in zip(people, ALL.values(), strict=True):
            act(town, person)
        updates = town.simulator.state.get_account().updates
        await asyncio.wait_for(updates.wait_until_confirmed(updates.last_id), 15)
        assert [person.sees for person in people] == expected
        await wait_until_confirmed(town)


@every_act
async def test_an_answer_that_hangs_is_taken_over(
    town: Town, database_url: str, act: Callable[[Town, Person], None]
) -> None:
    """Telegram does not answer, the update is acknowledged, and the replica is killed."""
    expected = await find_expected(town, act)
    ann = await begin(town, "Ann")
    async with run_two_replicas(town, database_url, patience=0.0):
        hang_everything(town, ann)
        act(town, ann)
        assert set(await post_waiting(town, 1)) == {200}
        kill(town, 1)
        town.simulator.gateway.faults.clear()
        town.advance(seconds=20)
        await town.deliver()
    assert expected in ann.sees
    assert ann.is_told(MARK)


@every_turn
async def test_an_answer_that_is_late_comes_once(
    town: Town, database_url: str, act: Callable[[Town, Person], None]
) -> None:
    """It was stored because it was late, and was sent in the end: nothing is repeated."""
    ann = await begin(town, "Ann")
    async with run_two_replicas(town, database_url, patience=0.0):
        act(town, ann)
        assert set(await post_waiting(town, 1)) == {200}
        await town.deliver()
        shown = list(ann.heard)
        town.advance(minutes=1)
        await town.deliver()
    assert ann.heard == shown
    assert not ann.was_told(MARK)


@every_turn
async def test_an_update_that_was_not_acknowledged_is_answered_again(
    town: Town, act: Callable[[Town, Person], None]
) -> None:
    """The replica was killed between the commit and the acknowledgement."""
    ann = await begin(town, "Ann")
    act(town, ann)
    (update,) = town.simulator.state.get_account().updates.list_updates()
    assert await town.post(town.replica(0), update.body) == 200
    ended = contains_text(ann.sees, "feedback.stopped.cancelled")
    question = ann.sees
    await town.deliver()
    assert ann.is_told(MARK)
    assert ann.is_told("draft.handled") if ended else ann.sees.startswith(question.split("\n")[0])


@pytest.mark.parametrize("fault", ["5xx", "html", "drop", "429"])
@pytest.mark.parametrize("act", list(CONVERSATION.values())[:3], ids=list(CONVERSATION)[:3])
async def test_an_answer_that_fails_comes_by_the_outbox(
    town: Town, act: Callable[[Town, Person], None], fault: str
) -> None:
    """Marked if Telegram may have shown it: after 502, a page of a proxy, a lost connection."""
    expected = await find_expected(town, act)
    ann = await begin(town, "Ann")
    town.simulator.gateway.faults.add_fault(fault, chat_id=ann.id)
    act(town, ann)
    await town.deliver()
    town.advance(seconds=5)
    await town.deliver()
    assert expected in ann.sees
    assert ann.is_told(MARK) == (fault != "429")


@pytest.mark.parametrize("act", list(ALL.values())[::3], ids=list(ALL)[::3])
async def test_an_answer_that_cannot_be_sent_or_stored_is_not_acknowledged(
    town: Town, database_url: str, act: Callable[[Town, Person], None]
) -> None:
    """Telegram hangs and the disk is full: 503, and the update is handled again later."""
    expected = await find_expected(town, act)
    ann = await begin(town, "Ann")
    async with run_two_replicas(town, database_url, patience=0.0):
        engine = town.replica(1).app.database.engine.sync_engine

        @event.listens_for(engine, "before_cursor_execute")
        def refuse(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if statement.startswith("INSERT INTO outbox"):
                raise OperationalError(statement, {}, Exception("the disk is full"))

        hang_everything(town, ann)
        act(town, ann)
        assert await post_waiting(town, 1) == [503]
        kill(town, 1)
        town.simulator.gateway.faults.clear()
        await town.deliver()
    assert ann.is_told("draft.handled") or ann.sees.startswith(expected.split("\n")[0])


async def test_the_question_for_a_number_keeps_its_button(town: Town, database_url: str) -> None:
    """The button by which a person shares a contact or a place survives in the outbox."""
    ann = await begin(town, "Ann")
    await ann.taps("feedback.details.options.done")
    await ann.taps("move.edit")
    await ann.taps("feedback.identity.title")
    async with run_two_replicas(town, database_url, patience=0.0):
        hang_everything(town, ann)
        press("Cung cấp số điện thoại")(town, ann)
        assert set(await post_waiting(town, 1)) == {200}
        kill(town, 1)
        town.simulator.gateway.faults.clear()
        town.advance(seconds=20)
        await town.deliver()
    assert ann.is_asked("feedback.phone")
    sent = town.simulator.gateway.journal.list_requests(method="sendMessage", chat_id=ann.id)
    assert sent[-1].params["reply_markup"]["keyboard"][0][0]["request_contact"] is True


@pytest.mark.parametrize("kind", ["photo", "document", "voice", "video", "album"])
async def test_a_stored_answer_says_that_its_files_are_missing(
    town: Town, database_url: str, kind: str
) -> None:
    """The outbox has no files: the person is told, and a button shows the case with them."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    given = ([{"type": "photo"}] * 2,) if kind == "album" else ()
    await ann.does(kind, *given)
    code = await ann.finishes()
    async with run_two_replicas(town, database_url, patience=0.0):
        hang_everything(town, officer)
        say(f"/case {code}")(town, officer)
        assert set(await post_waiting(town, 1)) == {200}
        kill(town, 1)
        town.simulator.gateway.faults.clear()
        town.advance(seconds=20)
        await town.deliver()
        assert code in officer.sees
        assert officer.is_told("errors.files_lost")
        before = len(officer.messages)
        await officer.taps("errors.show_again")
    new = officer.messages[before:]
    assert code in new[0]["text"]
    assert any(set(each) & {"photo", "document", "voice", "video"} for each in new[1:])
    assert not contains_text(new[0]["text"], "errors.files_lost")


async def test_a_stored_answer_without_a_file_says_nothing_of_files(
    town: Town, database_url: str
) -> None:
    """A case without files; and an export, which cannot be opened again, has no button."""
    officer = await town.officer("Binh")
    code = await town.resident("Ann").gives("Đèn đường hỏng.")
    async with run_two_replicas(town, database_url, patience=0.0):
        for words, has_file in ((f"/case {code}", False), ("/export", True)):
            hang_everything(town, officer)
            say(words)(town, officer)
            assert set(await post_waiting(town, 1)) == {200}
            kill(town, 1)
            town.simulator.gateway.faults.clear()
            town.advance(seconds=20)
            await town.deliver()
            assert officer.is_told(MARK)
            assert officer.is_told("errors.files_lost") is has_file
            assert not officer.is_offered("errors.show_again")
