"""Updates that are malformed, unknown, huge or arbitrary: the bot goes on working."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation.service import ConversationService
from bot.privacy.failed_updates import open_failed_update
from storage import failed_updates
from tests.policy import once
from tests.town.settings import SECRET
from tests.town.town import open_town
from tests.transport.rows import count_failed_updates, list_texts, make_text_update

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.town import Town

# What is no proper update


_DEEP = b'{"update_id": 1, "message": ' + b'{"reply_to_message": ' * 900 + b"1" + b"}" * 901

BROKEN = {
    "nothing": b"",
    "half": b'{"update_id": 1, "message": {"mess',
    "a list": b"[1, 2]",
    "null": b"null",
    "a string": b'"x"',
    "a number": b"1",
    "an empty object": b"{}",
    "no number": b'{"message": {}}',
    "a number as text": b'{"update_id": "1"}',
    "a number that is true": b'{"update_id": true}',
    "not UTF-8": b'{"update_id": 1, "message": "\xff\xfe"}',
    "half a surrogate": rb'{"update_id": 1, "message": {"text": "\ud800"}}',
    "too deep for JSON": b"[" * 100_000,
    "deep": _DEEP,
    "a zero byte": b"\x00",
    "a zero byte inside": b'{"update_id": 1, "message": {"text": "a\x00b"}}',
    "message is a number": b'{"update_id": 1, "message": 5}',
    "message is a list": b'{"update_id": 1, "message": [5]}',
    "message lacks all": b'{"update_id": 1, "message": {"text": "x"}}',
    "a date beyond time": orjson.dumps(make_text_update(1, 77, date=2**62)),
    "a date as text": orjson.dumps(make_text_update(1, 77, date="now")),
    "a photo that is none": orjson.dumps(make_text_update(1, 77, photo=[{"x": 1}])),
    "a photo of text": orjson.dumps(make_text_update(1, 77, photo="x")),
    "entities that are none": orjson.dumps(make_text_update(1, 77, entities=[5])),
    "a callback of nobody": b'{"update_id": 1, "callback_query": {"id": "1", "data": "x"}}',
    "a person whose id is an object": orjson.dumps(
        make_text_update(1, 77, **{"from": {"id": {}, "is_bot": False, "first_name": "Eve"}})
    ),
    "a chat without a kind": orjson.dumps(make_text_update(1, 77, chat={"id": 77})),
    "a chat id that is a list": orjson.dumps(
        make_text_update(1, 77, chat={"id": [77], "type": "private"})
    ),
    "a user id as text": orjson.dumps(
        make_text_update(1, 77, **{"from": {"id": "77", "is_bot": False, "first_name": "X"}})
    ),
}


async def test_fault_18_an_invalid_update_is_kept_and_acknowledged(town: Town) -> None:
    """200, so that Telegram does not repeat it for ever; the raw body is kept, and conversations go
    on.
    """
    ann = town.resident("Ann")
    await ann.begins()
    wrong = []
    for name, body in BROKEN.items():
        before = await count_failed_updates(town)
        status = await town.post(town.replica(0), body)
        wrong += (
            []
            if (status, await count_failed_updates(town)) == (200, before + 1)
            else [(name, status)]
        )
    assert wrong == []
    await ann.says("Vẫn nhận.")
    assert ann.is_asked("feedback.area")


async def test_fault_18_an_update_that_breaks_a_handler_is_kept_and_acknowledged(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 and the raw body is kept; the sender is told, and the chat goes on afterwards."""
    ann = town.resident("Ann")
    await ann.begins()

    async def break_down(*_given: object, **_more: object) -> None:
        raise RuntimeError("nobody thought of this")

    with monkeypatch.context() as patched:
        patched.setattr(ConversationService, "handle_reply", break_down)
        town.simulator.people.send_text(ann.id, "Gây lỗi.")
        (update,) = town.simulator.state.get_account().updates.list_updates()
        assert await town.post(town.replica(0), update.body) == 200
        town.simulator.state.get_account().updates.clear()
        await town.deliver()
    assert ann.is_told("errors.failed")
    async with town.app.database.reading() as connection:
        (kept,) = await failed_updates.list_failed_updates(connection)
    opened = open_failed_update(town.app.policy.pseudonyms, kept)
    assert kept.update_id == update.id
    assert orjson.loads(opened["update"]) == orjson.loads(update.body)
    assert "nobody thought of this" in opened["error"]
    assert kept.error == "RuntimeError"
    await ann.says("Vẫn nhận.")
    assert ann.is_asked("feedback.area")


UNCOMMON = {
    "unknown kind": {"update_id": 1, "brand_new": {"a": [1, {"b": None}]}},
    "only a number": {"update_id": 1},
    "null message": {"update_id": 1, "message": None},
    "channel post": {
        "update_id": 1,
        "channel_post": {
            "message_id": 1,
            "date": 1_790_000_000,
            "chat": {"id": -1001, "type": "channel", "title": "C"},
            "text": "x",
        },
    },
    "unknown fields": make_text_update(1, 77, brand_new={"x": 1}, text="/help"),
    "negative number": make_text_update(-5, 77, text="/help"),
    "zero": make_text_update(0, 77, text="/help"),
    "the largest number": make_text_update(2**63 - 1, 77, text="/help"),
}


async def test_an_unknown_update_is_acknowledged_and_ignored(town: Town) -> None:
    """Telegram adds kinds and fields; none of them is a failure."""
    wrong = []
    for name, update in UNCOMMON.items():
        status = await town.post(town.replica(0), orjson.dumps(update))
        await town.replica(0).settle()
        wrong += [] if (status, await count_failed_updates(town)) == (200, 0) else [(name, status)]
    assert wrong == []


@pytest.mark.parametrize(
    "update",
    [
        make_text_update(2**63, 77, text="/feedback"),
        make_text_update(2**64 - 1, 77),
        make_text_update(1, 2**63, text="/feedback"),
        make_text_update(1, -(2**63), text="/mine"),
        make_text_update(1, 77, text="a\x00b"),
        make_text_update(1, 77, message_id=2**63),
    ],
    ids=["id over 64 bits", "largest id", "chat over 64 bits", "lowest chat", "NUL", "message id"],
)
async def test_numbers_and_texts_that_a_database_cannot_hold(
    town: Town, update: dict[str, Any]
) -> None:
    """They are acknowledged, and a conversation goes on."""
    ann = town.resident("Ann")
    await ann.begins()
    body = orjson.dumps(update).replace(b":77,", b":%d," % ann.id)
    assert await town.post(town.replica(0), body) == 200
    await ann.says("Vẫn nhận.")
    assert ann.is_asked("feedback.area")


@pytest.mark.parametrize("length", [4096, 100_000, 900_000])
async def test_a_huge_text_does_not_break_the_conversation(town: Town, length: int) -> None:
    """The bot answers it, and accepts the next message."""
    ann = town.resident("Ann")
    await ann.begins()
    before = len(ann.heard)
    body = orjson.dumps(make_text_update(10, ann.id, text="ế" * (length // 3)))
    assert await town.post(town.replica(0), body) == 200
    await town.replica(0).settle()
    assert len(ann.heard) > before
    assert await count_failed_updates(town) == 0
    await ann.says("Ngắn.")
    assert ann.is_asked("feedback.area")


@once
@pytest.mark.parametrize("known", [True, False], ids=["length given", "in chunks"])
async def test_a_body_that_is_too_large_is_not_read(town: Town, known: bool) -> None:
    """Over four megabytes the answer is 413, whether or not the length is announced."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b" " * 65_536

    body: Any = io.BytesIO(b" " * 5_000_000) if known else chunks()
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with town.http.post(town.replica(0).url, data=body, headers=headers) as response:
        assert response.status == 413
    assert await count_failed_updates(town) == 0


# Arbitrary updates

_keys = st.sampled_from(
    [
        "message",
        "callback_query",
        "edited_message",
        "my_chat_member",
        "chat",
        "from",
        "text",
        "data",
        "photo",
        "document",
        "contact",
        "entities",
        "reply_to_message",
        "new_chat_member",
        "migrate_to_chat_id",
        "id",
        "type",
        "date",
        "status",
        "user",
        "is_bot",
        "first_name",
        "file_id",
        "message_id",
        "media_group_id",
        "caption",
        "location",
    ]
)
_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["private", "group", "/start", "/feedback", "feedback.kind=report", "kicked"])
)
_json = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=10,
)
_user = {"id": 4_000_077, "is_bot": False, "first_name": "Eve"}
_private = {"id": 4_000_077, "type": "private", "first_name": "Eve"}
_text = {"message_id": 5, "date": 1_790_000_000, "chat": _private, "from": _user, "text": "/start"}
_photo = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
_member = {"user": {**_user, "id": 123456, "is_bot": True}, "status": "member"}
_VALID: list[dict[str, Any]] = [
    {"message": _text},
    {"message": {**_text, "text": "/feedback"}},
    {"message": {**_text, "text": "Nội dung."}},
    {"message": {**_text, "text": None, "photo": [_photo], "media_group_id": "1"}},
    {"message": {**_text, "contact": {"phone_number": "+84", "first_name": "E", "user_id": 1}}},
    {"message": {**_text, "migrate_to_chat_id": -1001}},
    {"edited_message": {**_text, "edit_date": 1_790_000_001}},
    {
        "callback_query": {
            "id": "1",
            "from": _user,
            "chat_instance": "1",
            "message": _text,
            "data": "feedback.consent=2026-12",
        }
    },
    {"callback_query": {"id": "1", "from": _user, "chat_instance": "1", "data": "mine:before=9"}},
    {"callback_query": {"id": "1", "from": _user, "chat_instance": "1", "data": "case:open=HP"}},
    {
        "my_chat_member": {
            "chat": _private,
            "from": _user,
            "date": 1_790_000_000,
            "old_chat_member": _member,
            "new_chat_member": {**_member, "status": "kicked", "until_date": 0},
        }
    },
]


def _change_one_thing(value: Any, draw: st.DrawFn) -> Any:
    """Return the value with one part changed or removed, at a random depth."""
    if not isinstance(value, dict) or not value or draw(st.integers(0, 3)) == 0:
        return draw(_json)
    key = draw(st.sampled_from(sorted(value)))
    rest = {name: each for name, each in value.items() if name != key}
    return (
        rest if draw(st.integers(0, 3)) == 0 else {**rest, key: _change_one_thing(value[key], draw)}
    )


@st.composite
def _updates(draw: st.DrawFn) -> Any:
    if draw(st.integers(0, 9)) == 0:
        return draw(_json)
    update = {"update_id": draw(st.integers(1, 2**31)), **draw(st.sampled_from(_VALID))}
    for _ in range(draw(st.integers(0, 3))):
        update = _change_one_thing(update, draw)
        if not isinstance(update, dict):
            break
    return update


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(several=st.lists(_updates(), min_size=40, max_size=40))
def test_after_arbitrary_updates_a_conversation_completes(
    several: list[Any], database_url: str
) -> None:
    """Every update is acknowledged, and the opinion of another person is stored whole."""

    async def play() -> None:
        async with open_town(database_url) as town:
            for update in several:
                body = orjson.dumps(update)
                assert await town.post(town.replica(0), body) == 200, body
            await town.deliver()
            await town.resident("Bob").gives("Vẫn gửi được.")
            assert "Vẫn gửi được." in await list_texts(town)

    asyncio.run(play())
