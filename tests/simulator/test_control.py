"""The control interface, call by call as docs/simulator.md lists it."""

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
from tests.simulator.line import TOKEN, Line

DOCUMENT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def documented_calls() -> set[tuple[str, str]]:
    """Verb and path of each call in the document's tables, acts included."""
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


async def test_every_documented_call_answers(line: Line, simulator: Simulator, ann: int) -> None:
    """No path of the document is unknown, and none fails."""
    calls = documented_calls()
    assert len(calls) > 35
    for verb, path in calls:
        address = re.sub(r"{(user|chat)_id}", str(ann), path)
        address = re.sub(r"{[a-z_]+}", "1", address)
        async with line.http.request(verb, line.url + address) as response:
            assert response.content_type == "application/json", (verb, path)
            assert response.status in (200, 400, 404, 409), (verb, path)
            assert response.status != 404 or (await response.json())["error"].startswith("no ")


def test_the_document_names_every_act_and_call(simulator: Simulator) -> None:
    """What the server has and the document has not is found here."""
    calls = documented_calls()
    assert set(ACTIONS) == {*control_forms.ACTION_FORMS, "update"}
    for name in ACTIONS:
        assert ("POST", f"/sim/users/{{user_id}}/{name}") in calls
    documented = {(verb, re.sub(r"{[^}]*}", "{}", path)) for verb, path in calls}
    for route in simulator.list_control_routes():
        path = re.sub(r"{[^}]*}", "{}", route.path)
        for verb in (route.methods or set()) - {"HEAD"}:
            if path.startswith("/sim/") and not path.endswith("/{}/{}"):
                assert (verb, path) in documented


async def test_people_are_added_and_listed(line: Line) -> None:
    """With the id wished for, once."""
    body = {"first_name": "Lan", "last_name": "Nguyễn", "username": "lan", "id": 7}
    answer = await line.stage("/sim/users", body)
    assert answer["user"] == {**body, "is_bot": False}
    assert (await line.control("GET", "/sim/users"))[1]["users"] == [answer["user"]]
    assert (await line.control("POST", "/sim/users", body))[0] == 409
    assert (await line.control("POST", "/sim/users", {"first_name": "A", "x": 1}))[0] == 400
    assert (await line.control("POST", "/sim/users/8/text", {"text": "x"}))[0] == 404


async def test_acts_lead_to_updates(line: Line, simulator: Simulator, ann: int) -> None:
    """Each to the one a bot would get."""
    act = f"/sim/users/{ann}"
    keyboard = {"keyboard": [[{"text": "My number", "request_contact": True}]]}
    inline = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await line.ok("sendMessage", chat_id=ann, text="number?", reply_markup=keyboard)
    sent = await line.ok("sendMessage", chat_id=ann, text="sure?", reply_markup=inline)
    start = await line.stage(f"{act}/start", {"payload": "x1"})
    await line.stage(f"{act}/text", {"text": "re", "reply_to": sent["message_id"]})
    press = await line.stage(f"{act}/press", {"label": "Yes"})
    await line.stage(f"{act}/choose", {"text": "My number"})
    await line.stage(f"{act}/contact", {"phone_number": "+84", "user_id": 9, "first_name": "B"})
    await line.stage(f"{act}/location", {"latitude": 20.8, "longitude": 106.6})
    await line.stage(f"{act}/edit", {"message_id": start["message_id"], "text": "changed"})
    await line.stage(f"{act}/block")
    await line.stage(f"{act}/unblock")
    await line.stage(f"{act}/update", {"poll": {}})
    updates = await line.ok("getUpdates")
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
async def test_files_are_sent_with_real_bytes(
    line: Line, simulator: Simulator, ann: int, kind: str
) -> None:
    """As base64, as a form's file, or a sample; they can be fetched as they were."""
    for body, expected in (
        (
            {"content": base64.b64encode(b"bytes").decode(), "file_name": "a.bin", "caption": "c"},
            b"bytes",
        ),
        (_form(b"form bytes"), b"form bytes"),
        ({}, None),
    ):
        options: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"data": body}
        url = f"{line.url}/sim/users/{ann}/{kind}"
        async with line.http.post(url, **options) as response:
            assert response.status == 200, await response.text()
        part = simulator.list_messages(ann)[-1][kind]
        file_id = (part[-1] if kind == "photo" else part)["file_id"]
        async with line.http.get(f"{line.url}/sim/files/{file_id}") as response:
            content = await response.read()
        assert content == expected if expected is not None else len(content) > 10
        path = (await line.ok("getFile", file_id=file_id))["file_path"]
        async with line.http.get(f"{line.url}/file/bot{TOKEN}/{path}") as response:
            assert await response.read() == content


def _form(content: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData({"caption": "words"})
    form.add_field("file", content, filename="b.bin", content_type="application/x-test")
    return form


async def test_an_album_is_several_updates(line: Line, ann: int) -> None:
    """Of one group."""
    items = [{"type": "photo", "caption": "c"}, {"type": "video"}]
    answer = await line.stage(f"/sim/users/{ann}/album", {"items": items})
    updates = await line.ok("getUpdates")
    assert [one["update_id"] for one in updates] == answer["update_ids"]
    assert len({one["message"]["media_group_id"] for one in updates}) == 1
    mixed = {"items": [{"type": "photo"}, {"type": "document"}]}
    assert (await line.control("POST", f"/sim/users/{ann}/album", mixed))[0] == 400


async def test_what_a_person_cannot_do_is_refused(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """With the reason."""
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
        got, answer = await line.control("POST", f"/sim/users/{ann}/{act}", body)
        assert (got, bool(answer["error"])) == (status, True), (act, answer)
    simulator.people.block_bot(ann)
    status, answer = await line.control("POST", f"/sim/users/{ann}/text", {"text": "x"})
    assert status == 409
    assert "unblock" in answer["error"]


async def test_messages_are_told_as_they_stand(line: Line, ann: int) -> None:
    """From a place on, with what is shown under them."""
    keyboard = {"keyboard": [[{"text": "A"}]], "input_field_placeholder": "choose"}
    sent = await line.ok("sendMessage", chat_id=ann, text="one", reply_markup=keyboard)
    before = sent["message_id"] - 1
    _, answer = await line.control("GET", f"/sim/chats/{ann}/messages?after={before}&limit=5")
    assert [one["text"] for one in answer["messages"]] == ["one"]
    assert answer["reply_keyboard"] == keyboard
    assert answer["placeholder"] == "choose"


async def test_events_follow_what_happens(line: Line, simulator: Simulator, ann: int) -> None:
    """In order, each with its chat."""
    _, answer = await line.control("GET", "/sim/events")
    last = answer["last"]
    inline = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = await line.ok("sendMessage", chat_id=ann, text="one", reply_markup=inline)
    query = simulator.people.press_button(ann, data="y").callback_query_id
    await line.ok("answerCallbackQuery", callback_query_id=query, text="ok")
    place = {"chat_id": ann, "message_id": sent["message_id"]}
    await line.ok("editMessageText", **place, text="two")
    await line.ok("deleteMessage", **place)
    await line.ok("sendChatAction", chat_id=ann, action="typing")
    _, answer = await line.control("GET", f"/sim/events?after={last}&wait=5")
    kinds = [one["kind"] for one in answer["events"]]
    assert kinds == ["message", "callback_answer", "edit", "delete", "action"]
    assert answer["events"][1]["callback_query_id"] == query
    assert {one["chat_id"] for one in answer["events"]} == {ann}
    _, callback = await line.control("GET", f"/sim/callbacks/{query}")
    assert callback == {"answered": True, "text": "ok", "show_alert": False}


async def test_the_clock_is_the_simulators_own(line: Line, ann: int) -> None:
    """Messages carry its time."""
    await line.stage("/sim/clock", {"set": 2_000_000_000})
    await line.stage("/sim/clock", {"advance": 100})
    sent = await line.ok("sendMessage", chat_id=ann, text="x")
    assert 2_000_000_100 <= sent["date"] < 2_000_000_200
    assert (await line.control("POST", "/sim/clock", {}))[0] == 400


async def test_a_group_hears_its_people(line: Line, simulator: Simulator, ann: int) -> None:
    """And becomes a supergroup on demand."""
    body = {"type": "group", "title": "Office", "members": [ann]}
    group = (await line.stage("/sim/chats", body))["chat"]
    await line.stage(f"/sim/users/{ann}/text", {"text": "hi", "chat_id": group["id"]})
    (update,) = await line.ok("getUpdates")
    assert update["message"]["chat"] == group
    moved = await line.stage(f"/sim/chats/{group['id']}/migrate")
    assert str(moved["migrate_to_chat_id"]).startswith("-100")
    status, _ = await line.control("POST", f"/sim/chats/{group['id']}/migrate")
    assert status == 409


async def test_a_reset_forgets_all_but_the_bots(line: Line, simulator: Simulator, ann: int) -> None:
    """Ids of updates and events go on: a bot and a page would take old ones for known."""
    before = simulator.people.send_text(ann, "x").update_id
    events = simulator.state.events.last
    await line.stage("/sim/faults", {"kind": "403", "count": None})
    await line.stage("/sim/reset")
    assert (await line.control("GET", "/sim/users"))[1] == {"users": []}
    assert await line.ok("getUpdates") == []
    _, answer = await line.control("GET", "/sim/bots")
    assert [one["token_tail"] for one in answer["bots"]] == [TOKEN[-4:]]
    ben = simulator.state.add_user(first_name="Ben")
    assert simulator.people.send_text(ben.id, "x").update_id > before
    assert simulator.state.events.last > events


async def test_the_page_is_served(line: Line) -> None:
    """Always the newest, and nothing beside it."""
    async with line.http.get(line.url + "/") as response:
        assert response.content_type == "text/html"
        assert response.headers["Cache-Control"] == "no-cache"
    async with line.http.get(line.url + "/page/index.html") as response:
        assert response.status == 200
    async with line.http.get(line.url + "/page/..%2Fserver.py") as response:
        assert response.status == 404


def test_only_loopback_is_listened_on() -> None:
    """The simulator gives everything to everybody who asks."""
    for host in ("0.0.0.0", "192.168.1.5", "example.org"):  # noqa: S104 - refused, that is the point
        with pytest.raises(ValueError, match="loopback"):
            Simulator(host=host)


async def test_a_taken_port_is_told_in_one_line(simulator: Simulator) -> None:
    """On standard error, with status 1."""
    port = simulator.url.rpartition(":")[2]
    code = f"from bot.simulator.command import serve; serve('127.0.0.1', {port}, [])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: ASYNC221, S603
    assert done.returncode == 1
    assert (
        done.stderr == f"port {port} is in use: stop what uses it, or choose another with --port\n"
    )
