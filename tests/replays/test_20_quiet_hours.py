"""Kind 20: a question, an answer or a warning of danger waits for the end of quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from bot.casework.actions import ACTIONS
from bot.core.preferences import Preferences
from bot.core.requests import Chat
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_resident
from bot.notifications.notice_kinds import (
    RESIDENT_NOTICES,
    NoticeKind,
    get_notice_kind,
    schedule_notice,
)
from bot.texts import load_texts
from storage.models import Role, Submission
from storage.statements import table
from tests.policy import POLICY
from tests.town.casework import WARD, WARD_NAME, choose_action, propose_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.town.person import Person
    from tests.town.town import Town

NIGHT = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # 23:00 in the city
MORNING = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)  # 7:00 there
SUBMISSIONS = table(Submission)
QUIET = Preferences(quiet="night")

# What each kind of message does at night. A new kind needs a row here and in the table.
AT_ONCE = {
    *("receipt", "spoken", "attend", "ask", "approve"),
    *("confirm_ban", "confirm_ban_everywhere", "unban", "keep_ban", "escalate_urgent"),
}
IN_THE_MORNING = {
    *("accept", "acknowledge", "route", "transfer", "merge", "extend", "divert", "reject"),
    *("overdue", "hall", "file", "outlived", "draft", "moved_up", "remind", "forum"),
}
# These are about the resident's own affairs, so they cannot be switched off.
NEVER_MUTED = AT_ONCE | {"file", "outlived", "draft", "moved_up", "remind"}


# The table


def test_every_kind_has_its_row() -> None:
    """The rows above and those of the table name the same kinds."""
    assert set(RESIDENT_NOTICES) == AT_ONCE | IN_THE_MORNING
    assert AT_ONCE.isdisjoint(IN_THE_MORNING)


def test_every_notice_of_an_action_has_its_row() -> None:
    """A new action whose resident is told must say whether that may wait."""
    told = {each.name for each in ACTIONS if getattr(each, "resident_notice", None)}
    assert len(told) > 5
    assert told <= set(RESIDENT_NOTICES)


def test_a_question_with_a_button_to_answer_does_not_wait() -> None:
    """The buttons of a notice are the resident's actions: it asks for something."""
    asking = {
        each.name
        for each in ACTIONS
        if (notice := getattr(each, "resident_notice", None)) and notice.buttons
    }
    assert asking == {"ask", "approve", "confirm_ban", "confirm_ban_everywhere"}
    assert asking <= AT_ONCE


@pytest.mark.parametrize("kind", RESIDENT_NOTICES)
def test_which_kinds_wait(kind: str) -> None:
    """At night a kind that waits is due in the morning, any other at once."""
    work = UnitOfWork(None, NIGHT, POLICY)  # type: ignore[arg-type] # it reads no row
    due = schedule_notice(work, kind, QUIET, NIGHT + timedelta(days=30))
    assert due == (MORNING if kind in IN_THE_MORNING else NIGHT)
    assert (RESIDENT_NOTICES[kind].switch is None) == (kind in NEVER_MUTED)


@pytest.mark.parametrize("kind", RESIDENT_NOTICES)
def test_no_kind_waits_without_a_reason(kind: str) -> None:
    """Not by day, without quiet hours, about a danger, or if it would expire meanwhile."""
    late = NIGHT + timedelta(days=30)
    work = UnitOfWork(None, NIGHT, POLICY)  # type: ignore[arg-type] # it reads no row
    noon = replace(work, now=NIGHT - timedelta(hours=10))
    assert schedule_notice(noon, kind, QUIET, late) == noon.now
    assert schedule_notice(work, kind, Preferences(), late) == NIGHT
    assert schedule_notice(work, kind, QUIET, late, is_urgent=True) == NIGHT
    assert schedule_notice(work, kind, QUIET, MORNING) == NIGHT


def test_an_unknown_kind_counts_as_progress() -> None:
    """A message is not lost because the table lacks its kind."""
    assert get_notice_kind("unknown") == NoticeKind(waits=True, switch="updates")


# The messages


async def be_quiet(town: Town, person: Person) -> None:
    """Set the quiet hours of a person, and make it night."""
    await person.says("/settings")
    await person.taps("settings.quiet.night")
    town.now = NIGHT


async def open_case(town: Town) -> tuple[Person, Person, Person, str]:
    """Return a resident with quiet hours, an officer with their case, a leader, and its code."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    await leader.says("/duty off")
    officer = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    code = await ann.gives("Ngập nước.", area=WARD_NAME)
    await be_quiet(town, ann)
    return ann, officer, leader, code


async def test_a_question_comes_at_night_and_progress_in_the_morning(town: Town) -> None:
    """The notice that the case was taken on waits; the question after it does not wait behind."""
    ann, officer, _, code = await open_case(town)
    await officer.taps("case.do.accept", of=code)
    assert not ann.was_told("notice.accept")
    await officer.taps("case.do.ask", of=code)
    await officer.writes("Số nhà bao nhiêu?")
    assert ann.is_told("notice.ask")
    assert not ann.was_told("notice.accept")
    town.now = MORNING
    await town.deliver()
    assert ann.count_told("notice.accept") == 1


async def test_an_answer_comes_at_night(town: Town) -> None:
    """Residents of merged cases get it at night too, also with such news switched off."""
    ann, officer, leader, code = await open_case(town)
    bao = town.resident("Bao")
    other = await bao.gives("Ngập nước sâu.", area=WARD_NAME)
    await be_quiet(town, bao)
    await bao.taps("settings.mute.updates")
    await officer.taps("case.do.accept", of=code)
    async with town.work() as work:
        main = await town.get_submission(code)
        merged = update(SUBMISSIONS).where(SUBMISSIONS.c.code == other)
        await work.connection.execute(merged.values(state="merged", merged_into=main.id))
    await propose_answer(officer)
    await choose_action(leader, code, "approve")
    assert ann.is_told("notice.approve")
    assert bao.is_told("notice.approve")


async def test_a_receipt_comes_at_night(town: Town) -> None:
    """The resident has just submitted, and waits for the code."""
    ann = town.resident("Ann")
    await be_quiet(town, ann)
    assert (await ann.gives("Ngập nước.")) in ann.sees


@pytest.mark.parametrize("kind", ["accept", "transfer", "overdue", "hall", "file", "outlived"])
async def test_what_concerns_a_danger_comes_at_night(town: Town, kind: str) -> None:
    """Any notice about an urgent submission; about another one it waits."""
    heard = {}
    for urgent in (True, False):
        person = town.resident(f"Ann {urgent}")
        code = await person.gives("Ngập nước.")
        await be_quiet(town, person)
        async with town.work() as work:
            changed = update(SUBMISSIONS).where(SUBMISSIONS.c.code == code)
            await work.connection.execute(changed.values(urgent=urgent))
        submission = await town.get_submission(code)
        async with town.work() as work:
            await to_resident.notify_resident(work, submission, kind, (Words("draft.stale"),))
        await town.deliver()
        heard[urgent] = person.was_told("draft.stale")
        town.now = NIGHT - timedelta(hours=12)
    assert heard == {True: True, False: False}


async def test_a_warning_of_a_draft_waits_only_as_long_as_the_draft(town: Town) -> None:
    """It comes in the morning; at night if the draft is deleted before."""
    ann = town.resident("Ann")
    await be_quiet(town, ann)
    chat = Chat(ann.id, "vi", QUIET)
    for hours, told in ((20, False), (3, True)):
        async with town.work() as work:
            expiry = NIGHT + timedelta(hours=hours)
            await to_resident.notify_draft_expires(work, chat, expires_at=expiry)
        await town.deliver()
        assert ann.was_told("draft.reminder") is told


def test_the_settings_name_what_never_waits() -> None:
    """The text of /settings agrees with the table: receipts, questions, answers, dangers."""
    words: Mapping[str, tuple[str, ...]] = MappingProxyType(
        {
            "vi": ("Phiếu tiếp nhận", "câu hỏi", "câu trả lời", "khẩn", "giờ yên lặng"),
            "en": ("Answers", "questions", "receipts", "danger", "quiet hours"),
        }
    )
    for language, parts in words.items():
        text = load_texts(language)["settings.notices"]
        assert [part for part in parts if part not in text] == []
