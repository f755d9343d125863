"""Tests of the control interface, compared with docs/simulator.md."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.simulator import control_forms
from bot.simulator.person_actions import ACTIONS
from bot.simulator.server import Simulator
from tests.simulator.api_client import TOKEN, ApiClient

DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def list_documented_calls() -> set[tuple[str, str]]:
    """Return (HTTP method, path) of each call in the tables of the page, actions included."""
    rows = [line.split("|")[1] for line in DOCUMENT.splitlines() if line.startswith("| `")]
    calls: set[tuple[str, str]] = set()
    for cell in rows:
        names = re.findall(r"`([^`]+)`", cell)
        verbs: set[str] = set()
        for name in names:
            verb, _, path = name.rpartition(" ")
            if path.startswith("/"):
                calls |= {(one.strip(","), path) for one in {verb, *verbs}}
            elif name in ("GET", "POST", "DELETE"):
                verbs.add(name)
            elif name.islower():
                calls.add(("POST", f"/sim/users/{{user_id}}/{name}"))
    return calls


async def test_every_documented_call_exists(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """No documented path is unknown, and none causes an error of the server."""
    calls = list_documented_calls()
    assert len(calls) > 35
    for verb, path in calls:
        address = re.sub(r"{(user|chat)_id}", str(ann), path)
        address = re.sub(r"{[a-z_]+}", "1", address)
        async with client.http.request(verb, client.url + address) as response:
            assert response.content_type == "application/json", (verb, path)
            assert response.status in (200, 400, 404, 409), (verb, path)
            assert response.status != 404 or (await response.json())["error"].startswith("no ")


def test_every_call_is_documented(simulator: Simulator) -> None:
    """Every route and every action of a person is in docs/simulator.md."""
    calls = list_documented_calls()
    assert set(ACTIONS) == {*control_forms.ACTION_FORMS, "update"}
    for name in ACTIONS:
        assert ("POST", f"/sim/users/{{user_id}}/{name}") in calls
    documented = {(verb, re.sub(r"{[^}]*}", "{}", path)) for verb, path in calls}
    for route in simulator.list_control_routes():
        path = re.sub(r"{[^}]*}", "{}", route.path)
        for verb in (route.methods or set()) - {"HEAD"}:
            if path.startswith("/sim/") and not path.endswith("/{}/{}"):
                assert (verb, path) in documented


async def test_people_are_added_and_listed(client: ApiClient) -> None:
    """An id can be chosen, but not one that is in use."""
    body = {"first_name": "Lan", "last_name": "Nguyễn", "username": "lan", "id": 7}
    answer = await client.post_control("/sim/users", body)
    assert answer["user"] == {**body, "is_bot": False}
    assert (await client.request_control("GET", "/sim/users"))[1]["users"] == [answer["user"]]
    assert (await client.request_control("POST", "/sim/users", body))[0] == 409
    assert (await client.request_control("POST", "/sim/users", {"first_name": "A", "x": 1}))[
        0
    ] == 400
    assert (await client.request_control("POST", "/sim/users/8/text", {"text": "x"}))[0] == 404


async def test_an_action_creates_an_update(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """Each action creates the update that Telegram would send to a bot."""
    act = f"/sim/users/{ann}"
    keyboard = {"keyboard": [[{"text": "My number", "request_contact": True}]]}
    inline = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await client.call("sendMessage", chat_id=ann, text="number?", reply_markup=keyboard)
    sent = await client.call("sendMessage", chat_id=ann, text="sure?", reply_markup=inline)
    start = await client.post_control(f"{act}/start", {"payload": "x1"})
    await client.post_control(f"{act}/text", {"text": "re", "reply_to": sent["message_id"]})
    press = await client.post_control(f"{act}/press", {"label": "Yes"})
    await client.post_control(f"{act}/choose", {"text": "My number"})
    await client.post_control(
        f"{act}/contact", {"phone_number": "+84", "user_id": 9, "first_name": "B"}
    )
    await client.post_control(f"{act}/location", {"latitude": 20.8, "longitude": 106.6})
    await client.post_control(f"{act}/edit", {"message_id": start["message_id"], "text": "changed"})
    await client.post_control(f"{act}/block")
    await client.post_control(f"{act}/unblock")
    await client.post_control(f"{act}/update", {"poll": {}})
    updates = await client.call("getUpdates")
    kinds = [next(key for key in one if key != "update_id") for one in updates]
    assert kinds == [
        *["message"] * 2,
        "callback_query",
        *["message"] * 3,
        "edited_message",
        *["my_chat_member"] * 2,
        "poll",
    ]
    assert updates[0]["message"]["text"] == "/start x1"
    assert updates[0]["message"]["entities"][0]["type"] == "bot_command"
    assert updates[1]["message"]["reply_to_message"]["text"] == "sure?"
    assert updates[2]["callback_query"]["data"] == "y"
    assert updates[2]["callback_query"]["id"] == press["callback_query_id"]
    assert updates[2]["callback_query"]["message"]["message_id"] == sent["message_id"]
    assert updates[3]["message"]["contact"]["user_id"] == ann
    assert updates[4]["message"]["contact"]["user_id"] == 9


@pytest.mark.parametrize("kind", ["photo", "video", "voice", "document"])
async def test_sent_files_can_be_downloaded(
    client: ApiClient, simulator: Simulator, ann: int, kind: str
) -> None:
    """A file is sent in base64, in a form, or as a sample. Its bytes are unchanged."""
    for body, expected in (
        (
            {"content": base64.b64encode(b"bytes").decode(), "file_name": "a.bin", "caption": "c"},
            b"bytes",
        ),
        (_form(b"form bytes"), b"form bytes"),
        ({}, None),
    ):
        options: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"data": body}
        url = f"{client.url}/sim/users/{ann}/{kind}"
        async with client.http.post(url, **options) as response:
            assert response.status == 200, await response.text()
        part = simulator.list_messages(ann)[-1][kind]
        file_id = (part[-1] if kind == "photo" else part)["file_id"]
        async with client.http.get(f"{client.url}/sim/files/{file_id}") as response:
            content = await response.read()
        assert content == expected if expected is not None else len(content) > 10
        path = (await client.call("getFile", file_id=file_id))["file_path"]
        async with client.http.get(f"{client.url}/file/bot{TOKEN}/{path}") as response:
            assert await response.read() == content


def _form(content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData({"caption": "words"})
    form.add_field("file", content, filename="b.bin", content_type="application/x-test")
    return form


async def test_an_album_is_several_updates(client: ApiClient, ann: int) -> None:
    """All updates have the same media group id."""
    items = [{"type": "photo", "caption": "c"}, {"type": "video"}]
    answer = await client.post_control(f"/sim/users/{ann}/album", {"items": items})
    updates = await client.call("getUpdates")
    assert [one["update_id"] for one in updates] == answer["update_ids"]
    assert len({one["message"]["media_group_id"] for one in updates}) == 1
    mixed = {"items": [{"type": "photo"}, {"type": "document"}]}
    assert (await client.request_control("POST", f"/sim/users/{ann}/album", mixed))[0] == 400


async def test_an_impossible_action_is_refused(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The error names the reason."""
    for act, body, status in (
        ("choose", {"text": "nothing"}, 409),
        ("press", {"data": "nothing"}, 409),
        ("press", {}, 400),
        ("press", {"message_id": 99, "data": "x"}, 404),
        ("unblock", {}, 409),
        ("edit", {"message_id": 99, "text": "x"}, 404),
        ("dance", {}, 404),
        ("text", {"text": "x", "chat_id": 5}, 404),
    ):
        got, answer = await client.request_control("POST", f"/sim/users/{ann}/{act}", body)
        assert (got, bool(answer["error"])) == (status, True), (act, answer)
    simulator.people.block_bot(ann)
    status, answer = await client.request_control("POST", f"/sim/users/{ann}/text", {"text": "x"})
    assert status == 409
    assert "unblock" in answer["error"]


async def test_messages_are_listed(client: ApiClient, ann: int) -> None:
    """From a given id on, with the reply keyboard of the chat."""
    keyboard = {"keyboard": [[{"text": "A"}]], "input_field_placeholder": "choose"}
    sent = await client.call("sendMessage", chat_id=ann, text="one", reply_markup=keyboard)
    before = sent["message_id"] - 1
    _, answer = await client.request_control(
        "GET", f"/sim/chats/{ann}/messages?after={before}&limit=5"
    )
    assert [one["text"] for one in answer["messages"]] == ["one"]
    assert answer["reply_keyboard"] == keyboard
    assert answer["placeholder"] == "choose"


async def test_events_are_listed_in_order(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """Each event names its chat."""
    _, answer = await client.request_control("GET", "/sim/events")
    last = answer["last"]
    inline = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = await client.call("sendMessage", chat_id=ann, text="one", reply_markup=inline)
    query = simulator.people.press_button(ann, data="y").callback_query_id
    await client.call("answerCallbackQuery", callback_query_id=query, text="ok")
    place = {"chat_id": ann, "message_id": sent["message_id"]}
    await client.call("editMessageText", **place, text="two")
    await client.call("deleteMessage", **place)
    await client.call("sendChatAction", chat_id=ann, action="typing")
    _, answer = await client.request_control("GET", f"/sim/events?after={last}&wait=5")
    kinds = [one["kind"] for one in answer["events"]]
    assert kinds == ["message", "callback_answer", "edit", "delete", "action"]
    assert answer["events"][1]["callback_query_id"] == query
    assert {one["chat_id"] for one in answer["events"]} == {ann}
    _, callback = await client.request_control("GET", f"/sim/callbacks/{query}")
    assert callback == {"answered": True, "text": "ok", "show_alert": False}


async def test_messages_have_the_time_of_the_simulators_clock(client: ApiClient, ann: int) -> None:
    """The clock can be moved without waiting."""
    await client.post_control("/sim/clock", {"set": 2_000_000_000})
    await client.post_control("/sim/clock", {"advance": 100})
    sent = await client.call("sendMessage", chat_id=ann, text="x")
    assert 2_000_000_100 <= sent["date"] < 2_000_000_200
    assert (await client.request_control("POST", "/sim/clock", {}))[0] == 400


async def test_a_group_message_is_an_update(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """A group can also be upgraded to a supergroup."""
    body = {"type": "group", "title": "Office", "members": [ann]}
    group = (await client.post_control("/sim/chats", body))["chat"]
    await client.post_control(f"/sim/users/{ann}/text", {"text": "hi", "chat_id": group["id"]})
    (update,) = await client.call("getUpdates")
    assert update["message"]["chat"] == group
    moved = await client.post_control(f"/sim/chats/{group['id']}/migrate")
    assert str(moved["migrate_to_chat_id"]).startswith("-100")
    status, _ = await client.request_control("POST", f"/sim/chats/{group['id']}/migrate")
    assert status == 409


async def test_a_reset_deletes_everything_except_the_bots(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """Ids of updates and events continue, because bots and pages ignore ids that they have seen."""
    before = simulator.people.send_text(ann, "x").update_id
    events = simulator.state.events.last
    await client.post_control("/sim/faults", {"kind": "403", "count": None})
    await client.post_control("/sim/reset")
    assert (await client.request_control("GET", "/sim/users"))[1] == {"users": []}
    assert await client.call("getUpdates") == []
    _, answer = await client.request_control("GET", "/sim/bots")
    assert [one["token_tail"] for one in answer["bots"]] == [TOKEN[-4:]]
    ben = simulator.state.add_user(first_name="Ben")
    assert simulator.people.send_text(ben.id, "x").update_id > before
    assert simulator.state.events.last > events


async def test_the_page_is_served(client: ApiClient) -> None:
    """It is never cached, and no file outside the page's folder is served."""
    async with client.http.get(client.url + "/") as response:
        assert response.content_type == "text/html"
        assert response.headers["Cache-Control"] == "no-cache"
    async with client.http.get(client.url + "/page/index.html") as response:
        assert response.status == 200
    async with client.http.get(client.url + "/page/..%2Fserver.py") as response:
        assert response.status == 404


def test_only_loopback_addresses_are_accepted() -> None:
    """The simulator has no authentication."""
    for host in ("0.0.0.0", "192.168.1.5", "example.org"):  # noqa: S104 - refused, that is the point
        with pytest.raises(ValueError, match="loopback"):
            Simulator(host=host)


async def test_a_port_in_use_is_reported_in_one_line(simulator: Simulator) -> None:
    """The line is on standard error, and the exit status is 1."""
    port = simulator.url.rpartition(":")[2]
    code = f"from bot.simulator.command import serve; serve('127.0.0.1', {port}, [])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: ASYNC221, S603
    assert done.returncode == 1
    assert (
        done.stderr == f"port {port} is in use: stop what uses it, or choose another with --port\n"
    )
