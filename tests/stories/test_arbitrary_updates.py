"""Whatever arrives at the webhook, the bot goes on."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import failures
from tests.people import town_on

if TYPE_CHECKING:
    from tests.people import Town

_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
_person = {"id": 77, "is_bot": False, "first_name": "Ann"}
_message: dict[str, Any] = {
    "message_id": 5,
    "date": 1_790_000_000,
    "chat": {"id": 77, "type": "private", "first_name": "Ann"},
    "from": _person,
    "text": "x",
}
_callback: dict[str, Any] = {
    "id": "1", "from": _person, "chat_instance": "1", "message": _message, "data": "mine:show=HP",
}  # fmt: skip
_kinds = st.sampled_from(
    ["message", "edited_message", "callback_query", "my_chat_member", "poll", "channel_post", "new"]
)


@st.composite
def updates(draw: st.DrawFn) -> Any:
    """Valid updates with something changed, taken away or added, or no update at all."""
    if draw(st.integers(0, 5)) == 0:
        return draw(_values)
    content = dict(draw(st.sampled_from([_message, _callback])))
    for key in draw(st.lists(st.sampled_from(sorted({*_message, *_callback})), max_size=3)):
        if draw(st.booleans()):
            content.pop(key, None)
        else:
            content[key] = draw(_values)
    extra = draw(st.dictionaries(st.sampled_from(["photo", "contact", "entities"]), _values))
    number = draw(st.integers(1, 2**40) | _leaves)
    return {"update_id": number, draw(_kinds): {**content, **extra}}


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(several=st.lists(updates(), min_size=20, max_size=30))
def test_arbitrary_updates_change_nothing_for_anybody(
    several: list[Any], database_url: str
) -> None:
    """Malformed, unknown, huge, in any order: all are acknowledged, and Ann still gets through."""

    async def play() -> None:
        async with town_on(database_url) as town:
            for update in several:
                body = (
                    orjson.dumps(update, default=str, option=orjson.OPT_NON_STR_KEYS)
                    if not (_too_large(update))
                    else str(update).encode()
                )
                assert await town.post(town.replica(0), body) == 200
            await town.deliver()
            await town.resident("Bob").gives("Vẫn gửi được.")

    asyncio.run(play())


def _too_large(value: Any) -> bool:
    """Whether it holds an integer that JSON of 64 bits cannot."""
    if isinstance(value, dict):
        return any(_too_large(each) for each in value.values())
    if isinstance(value, list):
        return any(_too_large(each) for each in value)
    return isinstance(value, int) and not -(2**63) <= value < 2**64


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"{}", b'{"update_id": "x"}', b"\xff\xfe", b"[" * 5000]
)
async def test_what_is_no_update_is_kept_for_the_operator(town: Town, body: bytes) -> None:
    """It is acknowledged, so that it does not come for ever, and kept raw."""
    assert await town.post(town.replica(0), body) == 200
    async with town.app.database.reading() as connection:
        assert await failures.count(connection) == 1


async def test_a_huge_update_is_refused(town: Town) -> None:
    """Five megabytes are not from Telegram."""
    assert await town.post(town.replica(0), io.BytesIO(b" " * 5_000_000)) == 413


async def test_without_the_secret_nothing_is_taken(town: Town) -> None:
    """Only Telegram knows it."""
    ann = town.resident("Ann")
    body = orjson.dumps({"update_id": 1, "message": {**_message, "text": "/start"}})
    assert await town.post(town.replica(0), body, secret="guess") == 403
    await town.replica(0).quiet()
    assert ann.heard == []


async def test_an_update_that_comes_twice_changes_nothing(town: Town) -> None:
    """The same message delivered again is written once, and the question is shown again."""
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.text(ann.id, "Một lần.")
    (update,) = town.simulator.world.account().updates.all()
    for _ in range(2):
        assert await town.post(town.replica(0), update.body) == 200
        await town.replica(0).quiet()
    await town.deliver()
    assert ann.is_told("feedback.details.more")
    assert "8 ký tự" in ann.sees


async def test_the_same_update_at_two_replicas_at_once_has_one_effect(twin_town: Town) -> None:
    """Whichever is first; the other one sees that it was taken."""
    town = twin_town
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.text(ann.id, "Một lần.")
    (update,) = town.simulator.world.account().updates.all()
    posts = (town.post(replica, update.body) for replica in town.replicas * 4)
    assert set(await asyncio.gather(*posts)) == {200}
    await town.deliver()
    assert "8 ký tự" in ann.sees


async def test_a_callback_that_is_too_old_still_counts(town: Town) -> None:
    """Telegram no longer takes the answer of a button after 150 s; what it asked for is done."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    message = ann.messages[-1]
    town.simulator.people.press(
        ann.id, message_id=message["message_id"], data="feedback.consent=2026-11"
    )
    town.simulator.world.clock.advance(200)
    await town.deliver()
    assert ann.is_asked("feedback.kind")
    assert town.refusals == [400]


async def test_a_double_tap_sends_one_opinion(town: Town) -> None:
    """Both presses are answered; there is one receipt."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Một.")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    message = ann.messages[-1]
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    for _ in range(2):
        town.simulator.people.press(ann.id, message_id=message["message_id"], data=data)
    await town.deliver()
    assert len([text for text in ann.heard if "Mã tiếp nhận" in text]) == 1
    assert town.refusals == []
