"""Kind 23: an update that the library cannot parse is kept without a number, and nobody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import select

from bot.channels.telegram.raw_updates import RawUpdate, read_raw_update
from storage.models import FailedUpdate
from storage.statements import table
from tests.transport.rows import count_requests, make_text_update, meet

if TYPE_CHECKING:
    from tests.town.town import Town

ANN = 77
PERSON = {"id": ANN, "is_bot": False, "first_name": "Ann"}
GROUP = {"id": -1005, "type": "supergroup", "title": "Tổ trực"}


def make_press(chat: dict[str, Any] | None, **content: Any) -> dict[str, Any]:
    """Return an update with a pressed button of a message in a chat."""
    message = {} if chat is None else {"message": {"message_id": 3, "date": 0, "chat": chat}}
    query = {"id": "9", "from": PERSON, "chat_instance": "1", **message, **content}
    return {"update_id": 4, "callback_query": query}


UNPARSABLE = {
    "photo of text": make_text_update(1, ANN, photo="x"),
    "photo that is none": make_text_update(2, ANN, photo=[{"x": 1}]),
    "entities that are numbers": make_text_update(3, ANN, entities=[5]),
    "a date beyond time": make_text_update(4, ANN, date=2**62),
    "a date as text": make_text_update(5, ANN, date="now"),
    "a chat without a kind": make_text_update(6, ANN, chat={"id": ANN}),
    "a sender without a name": make_text_update(7, ANN, **{"from": {"id": ANN}}),
    "a sender whose id is an object": make_text_update(8, ANN, **{"from": {**PERSON, "id": {}}}),
    "no chat but a sender": {"update_id": 9, "message": {"message_id": 1, "from": PERSON}},
    "an edited message": {
        "update_id": 10,
        "edited_message": make_text_update(1, ANN, contact=5)["message"],
    },
    "a press without a name": make_press(None, **{"from": {"id": ANN}}),
    "a press of a broken message": make_press({"id": ANN}),
}


@pytest.mark.parametrize("update", UNPARSABLE.values(), ids=UNPARSABLE)
async def test_it_is_kept_with_its_number_and_answered(town: Town, update: dict[str, Any]) -> None:
    """The sender reads that it failed. The row has the number that Telegram gave."""
    ann = await meet(town, "Ann")
    raw = orjson.dumps(update).replace(b"77", b"%d" % ann.id)
    assert await town.post(town.replica(0), raw) == 200
    await town.settle()
    assert ann.count_told("errors.failed") == 1
    assert await list_numbers(town) == [update["update_id"]]


@pytest.mark.parametrize(
    "update",
    [
        make_text_update(1, ANN, chat=GROUP, photo="x"),
        {"update_id": 1, "channel_post": {"chat": {"id": -1001, "type": "channel"}, "date": "now"}},
        {
            "update_id": 1,
            "my_chat_member": {"chat": {"id": ANN, "type": "private"}, "from": PERSON},
        },
        {"update_id": 1, "message": {"text": "nobody"}},
    ],
    ids=["a group", "a channel", "a change of membership", "no chat"],
)
async def test_it_is_only_kept(town: Town, update: dict[str, Any]) -> None:
    """Groups are not written to, and neither is the person who wrote there."""
    ann = await meet(town, "Ann")
    before = len(ann.heard)
    raw = orjson.dumps(update).replace(b"77", b"%d" % ann.id)
    assert await town.post(town.replica(0), raw) == 200
    await town.settle()
    assert len(ann.heard) == before
    for chat_id in (-1005, -1001):
        assert count_requests(town, chat_id) == 0
    assert await list_numbers(town) == [1]


async def list_numbers(town: Town) -> list[int | None]:
    """Return the numbers of the kept updates."""
    rows = table(FailedUpdate)
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(rows.c.update_id))).scalars())


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('{"update_id": 5, "message": {"chat": {"id": 77}}', RawUpdate(5, 77)),
        ('{"update_id":6,"message":{"message_id":1,"chat":{"first_name":"A","id":77', RawUpdate(6)),
        ('{"update_id":6,"message":{"chat":{"first_name":"A","id":77,', RawUpdate(6, 77)),
        ('{"update_id": 7, "message": ' + '{"a": ' * 100_000, RawUpdate(7)),
        ('{"update_id": "8", "message": {"chat": {"id": 77}}}', RawUpdate(None, 77)),
        ('{"update_id": true, "message": {"chat": {"id": true}}}', RawUpdate()),
        ('{"update_id": 9223372036854775808}', RawUpdate()),
        ('{"update_id": 1.5, "message": {"chat": {"id": 77.0}}}', RawUpdate()),
        ('{"update_id": 9, "message": {"text": "\\ud800", "chat": {"id": 77}}}', RawUpdate(9, 77)),
        ('{"update_id": 9, "message": {"chat": {"id": -5}, "from": {"id": 77}}}', RawUpdate(9)),
        ("", RawUpdate()),
        ("null", RawUpdate()),
        ("[1, 2]", RawUpdate()),
        (orjson.dumps(make_press({"id": ANN})).decode(), RawUpdate(4, ANN, "9")),
        (orjson.dumps(make_press(GROUP)).decode(), RawUpdate(4, None, "9")),
        (orjson.dumps(make_press(None)).decode(), RawUpdate(4, ANN, "9")),
        (orjson.dumps(make_press(None, id=5)).decode(), RawUpdate(4, ANN)),
    ],
)
def test_what_can_be_read_of_a_body(text: str, known: RawUpdate) -> None:
    """Only numbers of 64 bits count; a body that ends early is searched for its beginning."""
    assert read_raw_update(text) == known
