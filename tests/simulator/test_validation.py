"""Requests are checked against Bot API 10.0, whatever form they come in."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bot.simulator.methods import METHODS
from bot.simulator.server import Simulator
from tests.simulator.line import OTHER, TOKEN, Line

BUTTON = {"text": "Yes", "callback_data": "y"}


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"txt": "x"}, 'unknown parameter "txt" of sendMessage'),
        ({"reply_to_message_id": 1}, 'unknown parameter "reply_to_message_id" of sendMessage'),
        ({"text": ""}, "message text is empty"),
        ({"text": 5}, 'parameter "text" of sendMessage must be a string'),
        ({"chat_id": None}, "chat_id is empty"),
        ({"chat_id": [1]}, 'parameter "chat_id" of sendMessage must be an integer or a string'),
        (
            {"disable_notification": "perhaps"},
            'parameter "disable_notification" of sendMessage must be a boolean',
        ),
        (
            {"reply_parameters": {"message_id": "1"}},
            'parameter "reply_parameters.message_id" of sendMessage must be an integer',
        ),
        (
            {"reply_markup": {"inline_keyboard": [[BUTTON, {**BUTTON, "colour": "red"}]]}},
            'unknown parameter "reply_markup.inline_keyboard[0][1].colour" of sendMessage',
        ),
        (
            {"reply_markup": {"inline_keyboard": [[{"callback_data": "y"}]]}},
            'parameter "reply_markup.inline_keyboard[0][0].text" of sendMessage must be given',
        ),
        (
            {"reply_markup": {"keyboard": [["Yes"]]}},
            'parameter "reply_markup.keyboard[0][0]" of sendMessage must be an object',
        ),
        (
            {"entities": [{"type": "bold", "offset": 0, "length": "1"}]},
            'parameter "entities[0].length" of sendMessage must be an integer',
        ),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": "ă" * 33}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_a_wrong_parameter_is_named(
    line: Line, ann: int, params: dict[str, Any], description: str
) -> None:
    """Unknown, missing and mistyped ones, at any depth."""
    given = {"chat_id": ann, "text": "hello", **params}
    assert await line.refusal("sendMessage", **given) == f"Bad Request: {description}"


async def test_a_form_carries_the_same_as_json(line: Line, ann: int) -> None:
    """Numbers and truths as text, nested values as JSON."""
    form = {
        "chat_id": str(ann),
        "text": "hello",
        "protect_content": "true",
        "reply_markup": json.dumps({"inline_keyboard": [[BUTTON]]}),
    }
    async with line.http.post(f"{line.url}/bot{TOKEN}/sendMessage", data=form) as response:
        message = (await response.json())["result"]
    assert message["has_protected_content"] is True
    assert message["reply_markup"] == {"inline_keyboard": [[BUTTON]]}


async def test_a_query_will_do(line: Line, ann: int) -> None:
    """GET, with the method's name in any case and the token's colon encoded."""
    url = f"{line.url}/bot{TOKEN.replace(':', '%3A')}/SENDmessage?chat_id={ann}&text=ch%C3%A0o"
    async with line.http.get(url) as response:
        assert (await response.json())["result"]["text"] == "chào"


async def test_a_multipart_body_may_hold_only_files_that_are_used(line: Line, ann: int) -> None:
    """A part that no parameter names is a mistake."""
    form = aiohttp.FormData({"chat_id": str(ann)})
    form.add_field("photo", "attach://one")
    form.add_field("one", b"bytes", filename="a.jpg")
    form.add_field("two", b"bytes", filename="b.jpg")
    async with line.http.post(f"{line.url}/bot{TOKEN}/sendPhoto", data=form) as response:
        answer = await response.json()
    assert answer["description"] == 'Bad Request: unknown parameter "two" of sendPhoto'


@pytest.mark.parametrize("method", ["noSuchMethod", "sendPoll", "logOut", ""])
async def test_what_is_not_modelled_is_not_found(line: Line, ann: int, method: str) -> None:
    """Never a blanket true: a bot would believe that it worked."""
    status, answer = await line.raw(method)
    assert (status, answer) == (
        404,
        {"ok": False, "error_code": 404, "description": "Not Found"},
    )


async def test_every_modelled_method_refuses_what_it_does_not_know(line: Line, ann: int) -> None:
    """No method forgets to check its parameters."""
    for method in [*METHODS, "getUpdates"]:
        words = await line.refusal(method, nonsense=1)
        assert words == f'Bad Request: unknown parameter "nonsense" of {method}'


async def test_broken_json_is_refused(line: Line, ann: int) -> None:
    """As a request, not as a failure of the server."""
    headers = {"Content-Type": "application/json"}
    url = f"{line.url}/bot{TOKEN}/getMe"
    for body in (b"{", b"[1]"):
        async with line.http.post(url, data=body, headers=headers) as response:
            assert response.status == 400


async def test_a_token_must_be_well_formed(line: Line) -> None:
    """A malformed one is no path at all."""
    line.token = "123:short"
    assert (await line.raw("getMe"))[0] == 404


async def test_only_tokens_that_were_given_are_taken() -> None:
    """A simulator for particular bots refuses others."""
    async with Simulator(tokens=[TOKEN]) as simulator, aiohttp.ClientSession() as http:
        mine, other = Line(simulator.url, http), Line(simulator.url, http, OTHER)
        assert (await mine.ok("getMe"))["id"] == 123456
        status, answer = await other.raw("getMe")
        assert (status, answer["description"]) == (401, "Unauthorized")


async def test_numbers_beyond_64_bits_are_no_integers(line: Line, ann: int) -> None:
    """They would be no JSON that a client can read."""
    async with line.http.get(f"{line.url}/bot{TOKEN}/getUpdates?limit={10**30}") as response:
        words = (await response.json())["description"]
    assert words == 'Bad Request: parameter "limit" of getUpdates must be an integer'


async def test_a_mention_by_id_names_the_person(line: Line, ann: int) -> None:
    """Also where the bot gave no more than the id."""
    text = f'<a href="tg://user?id={ann}">her</a>'
    sent = await line.ok("sendMessage", chat_id=ann, text=text, parse_mode="HTML")
    assert sent["entities"][0]["user"]["first_name"] == "Ann"
