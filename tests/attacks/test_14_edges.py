"""Attacks at the edge: oversized numbers, unknown forums, texts that are shown in another order."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import orjson
import pytest

from bot.channels.telegram.routes import ROUTES
from bot.conversation.chats import load_chat
from bot.core.requests import Refused, Request, Route
from storage.models import ForumState, Role
from tests.commandline.test_mistakes import get_only_line, run_bot
from tests.town.casework import WARD, accept_case, open_case, propose_answer
from tests.town.forums import CODE, publish_forum
from tests.transport.rows import count_failed_updates

if TYPE_CHECKING:
    from pathlib import Path

    from tests.town.town import Town

NUMBERS = ["9" * 18, "9" * 60, "²", "-1"]


def list_arguments(code: str) -> list[str]:
    """Return the arguments of forged buttons: each number in each place that has one."""
    forms = ("{}", "{}-{}", f"{code}.{{}}", f"{CODE}.{{}}")
    return [form.replace("{}", number) for number in NUMBERS for form in forms]


@pytest.mark.parametrize("role", [None, Role.COORDINATOR, Role.ORGANISER])
async def test_no_number_breaks_a_button_a_link_or_a_command(town: Town, role: Role | None) -> None:
    """Whatever a forged argument is, it is refused, or means nothing."""
    await publish_forum(town)
    ann = town.resident("Ann")
    arguments = list_arguments(await ann.gives("Đèn hỏng."))
    person = ann if role is None else await town.officer("Linh", "31", role)
    async with town.work() as work:
        chat = await load_chat(work.connection, work.policy, person.id)
        routes = [(verb, route) for verb, route in ROUTES.items() if isinstance(route, Route)]
        for verb, route in routes:
            for argument in arguments:
                with contextlib.suppress(Refused):
                    await route.handle(work, Request(chat, 1, verb, argument, "Linh", "bot"))
        await work.connection.rollback()


async def test_no_number_breaks_a_question(town: Town) -> None:
    """Typed or as the data of a forged button, in the conversations that ask for numbers."""
    await publish_forum(town, capacity=3)
    ann, organiser = town.resident("Ann"), await town.officer("Tổ", WARD, Role.ORGANISER)
    await ann.says("/start")
    for number in NUMBERS:
        for person, verb, step in (
            (ann, f"forums:attend={CODE}", "attend.people"),
            (organiser, "newforum:new", "newforum.capacity"),
        ):
            await person.presses_data(verb)
            await person.says(number)
            await person.presses_data(f"{step}={number}"[:64])
            await person.says("/cancel")
    assert await count_failed_updates(town) == 0


MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


async def test_nothing_that_one_person_writes_reverses_what_another_reads(town: Town) -> None:
    """Names, titles, places, reasons, templates: in messages, buttons, pins and calendar files."""
    evil = "\u202eexe\u2066"
    ann, ben = town.resident(f"Ann{evil}"), town.resident("Ben")
    leader = await town.officer(f"Linh{evil}", WARD, Role.COORDINATOR)
    officer = await town.officer(f"Bình{evil}", WARD)
    town.group(f"Tổ{evil}", officer)
    await publish_forum(
        town, title=f"Diễn{evil} đàn", venue=f"Hội{evil} trường", agenda=[f"Xe{evil}"], head=evil
    )
    for tap in ("forums.map", "forums.calendar"):
        await ben.says(f"/start forum_{CODE}")
        await ben.taps(tap)
    await ann.says(f"/start unit_{WARD}")
    code = await ann.gives(f"Đèn{evil} hỏng")
    await accept_case(officer, code)
    await propose_answer(officer, (f"Đã{evil} sửa", f"Thay{evil}", f"Mai{evil}"))
    await open_case(leader, code)
    await leader.taps("case.do.approve")
    shown = [
        (person.name, message)
        for person in (ann, ben, leader, officer)
        for message in person.messages
        if message["from"]["is_bot"]
    ]
    kinds = {kind for _name, message in shown for kind in ("venue", "document") if kind in message}
    assert kinds == {"venue", "document"}
    for name, message in shown:
        own = {each: message[each] for each in message if each not in {"chat", "reply_to_message"}}
        assert not MARKS.search(orjson.dumps(own).decode()), (name, own)
        if "document" in message:
            assert not MARKS.search(town.read_file(message["document"]).decode())


async def test_a_link_to_an_unknown_forum_is_not_remembered(town: Town) -> None:
    """The person is told; the next opinion is not stored under a forum that nobody holds."""
    await publish_forum(town, "SECRET", state=ForumState.SUBMITTED)
    ann = town.resident("Ann")
    for payload in ("NONE", "SECRET", "9" * 16, "x" * 57, "DD7K2-"):
        await ann.says(f"/start forum_{payload}")
        assert ann.is_told("forums.unknown"), payload
        assert ann.is_told("start.emergency")
    await ann.gives("Đèn hỏng")
    (record,) = await town.export_submissions()
    assert record["forum"] is None


def test_no_number_breaks_the_command_line(tmp_path: Path) -> None:
    """One line says what is wrong."""
    assert run_bot(tmp_path, "migrate").returncode == 0
    for number in ("9" * 19, "-1"):
        for command in ("deactivate", "set-shifts"):
            done = run_bot(tmp_path, "officers", command, "--", number)
            assert done.returncode in {1, 2}
            assert "Traceback" not in done.stderr
            assert "officer_id" in done.stderr
    done = run_bot(tmp_path, "officers", "deactivate", "9" * 18)
    assert done.returncode == 1
    assert "no active officer" in get_only_line(done)


@pytest.mark.parametrize("when", ["0001-01-01", "9999-12-31T23:59:59", "1969-12-31"])
def test_no_date_breaks_the_command_line(tmp_path: Path, when: str) -> None:
    """Dates at the ends of the calendar, in zones on both sides of UTC."""
    assert run_bot(tmp_path, "migrate").returncode == 0
    for zone in ("Asia/Ho_Chi_Minh", "America/New_York"):
        done = run_bot(tmp_path, "export", "submissions", "--since", when, TZ=zone)
        assert "Traceback" not in done.stderr
        assert done.returncode in {0, 2}
