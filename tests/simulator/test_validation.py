"""Tests of the validation of requests against Bot API 10.0, in every format."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bot.simulator.methods import METHODS
from bot.simulator.server import Simulator
from tests.simulator.api_client import OTHER_TOKEN, TOKEN, ApiClient

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
async def test_an_invalid_parameter_is_refused_by_name(
    client: ApiClient, ann: int, params: dict[str, Any], description: str
) -> None:
    """Unknown, missing and mistyped parameters, at any depth."""
    given = {"chat_id": ann, "text": "hello", **params}
    assert await client.call_refused("sendMessage", **given) == f"Bad Request: {description}"


async def test_a_form_is_parsed_like_json(client: ApiClient, ann: int) -> None:
    """Numbers and booleans are text, and nested values are JSON."""
    form = {
        "chat_id": str(ann),
        "text": "hello",
        "protect_content": "true",
        "reply_markup": json.dumps({"inline_keyboard": [[BUTTON]]}),
    }
    async with client.http.post(f"{client.url}/bot{TOKEN}/sendMessage", data=form) as response:
        message = (await response.json())["result"]
    assert message["has_protected_content"] is True
    assert message["reply_markup"] == {"inline_keyboard": [[BUTTON]]}


async def test_parameters_can_be_in_the_query(client: ApiClient, ann: int) -> None:
    """By GET, with the method's name in any case and the token's colon encoded."""
    url = f"{client.url}/bot{TOKEN.replace(':', '%3A')}/SENDmessage?chat_id={ann}&text=ch%C3%A0o"
    async with client.http.get(url) as response:
        assert (await response.json())["result"]["text"] == "chào"


async def test_an_unused_file_in_a_multipart_body_is_refused(client: ApiClient, ann: int) -> None:
    """Every part must belong to a parameter."""
    form = aiohttp.FormData({"chat_id": str(ann)})
    form.add_field("photo", "attach://one")
    form.add_field("one", b"bytes", filename="a.jpg")
    form.add_field("two", b"bytes", filename="b.jpg")
    async with client.http.post(f"{client.url}/bot{TOKEN}/sendPhoto", data=form) as response:
        answer = await response.json()
    assert answer["description"] == 'Bad Request: unknown parameter "two" of sendPhoto'


@pytest.mark.parametrize("method", ["noSuchMethod", "sendPoll", "logOut", ""])
async def test_a_method_that_is_not_implemented_is_not_found(
    client: ApiClient, ann: int, method: str
) -> None:
    """It never returns true, because the bot would believe that it worked."""
    status, answer = await client.request(method)
    assert (status, answer) == (
        404,
        {"ok": False, "error_code": 404, "description": "Not Found"},
    )


async def test_every_method_refuses_unknown_parameters(client: ApiClient, ann: int) -> None:
    """No method is without validation."""
    for method in [*METHODS, "getUpdates"]:
        words = await client.call_refused(method, nonsense=1)
        assert words == f'Bad Request: unknown parameter "nonsense" of {method}'


async def test_invalid_json_is_refused(client: ApiClient, ann: int) -> None:
    """With status 400, not 500."""
    headers = {"Content-Type": "application/json"}
    url = f"{client.url}/bot{TOKEN}/getMe"
    for body in (b"{", b"[1]"):
        async with client.http.post(url, data=body, headers=headers) as response:
            assert response.status == 400


async def test_a_malformed_token_is_not_found(client: ApiClient) -> None:
    """As from Telegram, the status is 404."""
    client.token = "123:short"
    assert (await client.request("getMe"))[0] == 404


async def test_a_simulator_with_tokens_refuses_other_tokens() -> None:
    """Without tokens, every well-formed token is accepted."""
    async with Simulator(tokens=[TOKEN]) as simulator, aiohttp.ClientSession() as http:
        mine, other = ApiClient(simulator.url, http), ApiClient(simulator.url, http, OTHER_TOKEN)
        assert (await mine.call("getMe"))["id"] == 123456
        status, answer = await other.request("getMe")
        assert (status, answer["description"]) == (401, "Unauthorized")


async def test_an_integer_of_more_than_64_bits_is_refused(client: ApiClient, ann: int) -> None:
    """Clients could not read it in JSON."""
    async with client.http.get(f"{client.url}/bot{TOKEN}/getUpdates?limit={10**30}") as response:
        words = (await response.json())["description"]
    assert words == 'Bad Request: parameter "limit" of getUpdates must be an integer'


async def test_a_mention_by_id_has_the_whole_user(client: ApiClient, ann: int) -> None:
    """Also if the request has only the user's id."""
    text = f'<a href="tg://user?id={ann}">her</a>'
    sent = await client.call("sendMessage", chat_id=ann, text=text, parse_mode="HTML")
    assert sent["entities"][0]["user"]["first_name"] == "Ann"
