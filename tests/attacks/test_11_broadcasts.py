"""Attacks on announcements: what reaches many people has a second person, no links, and a limit."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.core.links import find_links
from bot.core.requests import Chat, Refused
from bot.forums.planning import action_service, plan
from bot.runtime.settings import ForumSettings
from storage.models import Commitment, Forum, ForumState, Role
from storage.statements import fetch_all, table
from tests.town.forums import (
    CODE,
    WARD,
    change_forum,
    publish_forum,
    register_for_forum,
    skip_position,
    subscribe,
)
from tests.town.town import open_town

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

BAIT = "nhận quà tại trụ sở mới"


async def get_forum(town: Town) -> Forum:
    """Return the only forum."""
    async with town.app.database.reading() as connection:
        (found,) = await fetch_all(connection, Forum, select(table(Forum)))
    return found


async def open_forum(person: Person) -> None:
    """Show the forum to a planner."""
    await person.presses_data(f"forum:open={CODE}")


async def reschedule(organiser: Person, venue: str, reason: str = "mưa bão") -> None:
    """Go through the questions of another venue."""
    await open_forum(organiser)
    await organiser.taps("forum.do.reschedule")
    await organiser.taps("forum_reschedule.starts.options.same")
    await organiser.says(venue)
    await skip_position(organiser)
    await organiser.says(reason)
    await organiser.taps("forum_reschedule.review.options.submit")


async def prepare(town: Town) -> tuple[Person, Person, Person]:
    """Publish a forum; return its organiser, a leader, and a resident who is registered."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    await publish_forum(town)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann)
    await ben.says("/start")
    await subscribe(town, ben.id, WARD)
    return organiser, leader, ann


async def test_one_organiser_reaches_nobody_with_three_reschedulings(town: Town) -> None:
    """Neither by text, reason, postponing, cancelling, a correction nor the results."""
    organiser, _leader, ann = await prepare(town)
    heard = len(ann.heard)
    for number in range(3):
        await reschedule(organiser, f"Số {number}, {BAIT}")
    for action in ("postpone", "cancel"):
        await open_forum(organiser)
        await organiser.taps(f"forum.do.{action}")
        await organiser.says(BAIT)
    await open_forum(organiser)
    await organiser.taps("forum.do.correct")
    await organiser.says("Công an lắng nghe ý kiến của nhân dâm")
    await organiser.taps("forum_correct.agenda.options.skip")
    await town.settle()
    assert len(ann.heard) == heard
    forum = await get_forum(town)
    assert forum.state is ForumState.PUBLISHED
    assert BAIT not in forum.venue
    assert forum.title.endswith("dân")
    await ann.says(f"/start forum_{CODE}")
    assert not ann.has_heard(BAIT)


async def test_results_wait_for_a_second_person(town: Town) -> None:
    """Minutes are free text to everybody who attended or wrote."""
    organiser, leader, ann = await prepare(town)
    forum = await get_forum(town)
    town.now = forum.starts_at
    for action in ("begin", "end"):
        await organiser.presses_data(f"forum:{action}={CODE}")
        await organiser.taps(f"forum.yes.{action}")
    await organiser.presses_data(f"forum:report={CODE}")
    await organiser.writes("Tiếp nhận 12 ý kiến.")
    await organiser.taps("forum_report.review.options.submit")
    assert not ann.has_heard("Tiếp nhận 12 ý kiến")
    await leader.taps("forum.do.confirm")
    assert ann.has_heard("Tiếp nhận 12 ý kiến")


async def test_a_leader_confirms_exactly_the_text_that_was_read(town: Town) -> None:
    """One tap under the text. It is void once the organiser has changed the proposal."""
    organiser, leader, ann = await prepare(town)
    heard = len(ann.heard)
    await reschedule(organiser, "Nhà văn hóa phường")
    assert "Nhà văn hóa phường" in leader.sees
    assert leader.is_offered("forum.do.confirm")
    alert = leader.messages[-1]
    old = (await get_forum(town)).version
    await reschedule(organiser, f"Số 1, {BAIT}")
    await leader.presses_data(f"forum:confirm={CODE}.{old}", alert)
    await leader.presses_data(f"forum:confirm={CODE}", alert)
    assert len(ann.heard) == heard
    await reschedule(organiser, "Nhà văn hóa phường")
    await leader.taps("forum.do.confirm", of="Nhà văn hóa phường")
    assert "Nhà văn hóa phường" in ann.sees
    assert organiser.was_told("forum.alert.confirm")
    forum = await get_forum(town)
    assert (forum.venue, forum.proposal) == ("Nhà văn hóa phường", None)
    await leader.presses_data(f"forum:confirm={CODE}.{forum.version}")
    assert (await get_forum(town)).version == forum.version


async def test_nobody_confirms_an_own_proposal(town: Town) -> None:
    """Not even a leader; a leader of another unit and an organiser confirm none at all."""
    organiser, leader, ann = await prepare(town)
    stranger = await town.officer("Nơi khác", unit="11413", role=Role.APPROVER)
    city = await town.officer("Thành phố", role=Role.COORDINATOR)
    heard = len(ann.heard)
    await reschedule(leader, "Nhà văn hóa phường")
    version = (await get_forum(town)).version
    for person in (leader, stranger, organiser, ann):
        await person.presses_data(f"forum:confirm={CODE}.{version}")
    assert len(ann.heard) == heard
    assert (await get_forum(town)).venue != "Nhà văn hóa phường"
    await city.taps("forum.do.confirm")
    assert (await get_forum(town)).venue == "Nhà văn hóa phường"


async def test_a_proposal_can_be_declined_and_dropped(town: Town) -> None:
    """The organiser is told; nothing is sent."""
    organiser, leader, ann = await prepare(town)
    heard = len(ann.heard)
    await reschedule(organiser, "Nhà văn hóa phường")
    await leader.taps("forum.do.decline")
    assert organiser.was_told("forum.alert.decline")
    assert (await get_forum(town)).proposal is None
    await reschedule(organiser, "Nhà văn hóa phường")
    await open_forum(organiser)
    assert organiser.is_told("forum.proposed")
    assert not organiser.is_offered("forum.do.confirm")
    await organiser.taps("forum.do.decline")
    assert (await get_forum(town)).proposal is None
    assert len(ann.heard) == heard


async def test_without_a_second_person_the_organiser_is_told(town: Town) -> None:
    """Nothing waits for nobody."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    await publish_forum(town)
    await reschedule(organiser, "Nhà văn hóa phường")
    assert organiser.is_told("forum.nobody")
    assert (await get_forum(town)).proposal is None


async def test_the_only_leader_is_no_second_person_for_an_own_proposal(town: Town) -> None:
    """Nor is a leader who proposes among those who are asked to confirm it."""
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    await publish_forum(town)
    await reschedule(leader, "Nhà văn hóa phường")
    assert leader.is_told("forum.nobody")
    assert (await get_forum(town)).proposal is None
    city = await town.officer("Thành phố", role=Role.COORDINATOR)
    await reschedule(leader, "Nhà văn hóa phường")
    assert (leader.count_told("forum.alert.propose"), city.count_told("forum.alert.propose")) == (
        0,
        1,
    )


async def test_an_urgent_cancellation_has_no_free_words(town: Town) -> None:
    """In the last 24 hours it goes at once, with a fixed reason; before that not at all."""
    organiser, _leader, ann = await prepare(town)
    await organiser.presses_data(f"forum:call_off={CODE}")
    assert organiser.is_told("draft.none") or not organiser.is_asked("forum_call_off.reason")
    town.now = (await get_forum(town)).starts_at - timedelta(hours=5)
    await organiser.presses_data(f"forum:call_off={CODE}")
    await organiser.says(BAIT)
    assert organiser.is_asked("forum_call_off.reason")
    await organiser.taps("forum_call_off.reason.options.weather")
    assert "thời tiết xấu" in ann.sees
    assert (await get_forum(town)).state is ForumState.CANCELLED


# Links

LINKS = (
    *("xem tại http://evil.com/x", "www.evil.com", "t.me/evilbot", "evil.xyz", "hỏi @evil_bot"),
    *("evil。com", "evil․com", "evil . com", "evil(chấm)com", "evil [dot] vn", "EVIL.COM"),
    *("haiphong.gov.vn.evil.com", "https://haiphong.gov.vn@evil.com", "tg://resolve?domain=x"),
    *(
        "еvil.соm",
        "ev\u200bil.c\u200bom",
        "ｅｖｉｌ．ｃｏｍ",
        "http://10.0.0.1",
        "vậy.com",
        "x@evil.com",
    ),
    *("bit.ly/abc", "hаiphong.gov.vn", "http://localhost/x", "mailto:a@b.c"),
)
PLAIN = (
    *(
        "Hội trường phường, 10 phố Cát Cụt.",
        "8.30 ngày 20.12.2026",
        "1.000.000đ",
        "TP.HCM, P.An Biên",
    ),
    *("Tiếp nhận 12 ý kiến, trả lời tại chỗ 9. Com-pa cho học sinh", "haiphong.gov.vn", "v.v."),
    *(
        "https://haiphong.gov.vn/dien-dan",
        "cổng.haiphong.gov.vn",
        "hỏi @congan_haiphong",
        "Q.Lê Chân",
    ),
)


@pytest.mark.parametrize("text", LINKS)
def test_a_disguised_link_is_found(text: str) -> None:
    """Look-alike dots and letters, invisible characters, words for the dot, a false beginning."""
    assert find_links(text, ["haiphong.gov.vn", "@congan_haiphong"])


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_text_has_no_link(text: str) -> None:
    """Dates, numbers, abbreviations, and what the operator allows."""
    assert find_links(text, ["haiphong.gov.vn", "@congan_haiphong"]) == []


async def test_links_are_refused_in_every_announced_text(town: Town) -> None:
    """The question is asked again, so that a long text is not lost."""
    organiser, leader, ann = await prepare(town)
    await open_forum(organiser)
    await organiser.taps("forum.do.reschedule")
    await organiser.taps("forum_reschedule.starts.options.same")
    await organiser.says("Xem t.me/evilbot")
    assert organiser.is_told("forum.link")
    await organiser.says("Nhà văn hóa phường")
    await skip_position(organiser)
    await organiser.says("xem evil。com")
    assert organiser.is_told("forum.link")
    await organiser.says("mưa bão")
    await organiser.edits("mưa bão", "xem www.evil.com")
    await organiser.taps("forum_reschedule.review.options.submit")
    await leader.taps("forum.do.confirm")
    assert "Nhà văn hóa phường" in ann.sees
    assert not ann.has_heard("evil")
    await organiser.says("/newforum")
    await organiser.says("Diễn đàn evil.com")
    assert organiser.is_told("forum.link")


@pytest.mark.parametrize("action", ["postpone", "cancel"])
async def test_links_are_refused_when_a_change_is_proposed(town: Town, action: str) -> None:
    """The answers of a draft may be older than the list of allowed links."""
    organiser, _leader, _ann = await prepare(town)
    for reason, is_taken in (("Xem evil.com", False), ("mưa bão", True)):
        async with town.work() as work:
            with nullcontext() if is_taken else pytest.raises(Refused, match=r"forum\.link"):
                await action_service.perform_action(
                    work, organiser.id, action, CODE, {"reason": reason}
                )
        assert ((await get_forum(town)).proposal is not None) == is_taken


@pytest.mark.parametrize("where", ["title", "venue", "head", "agenda", "invited"])
async def test_links_are_refused_when_a_plan_is_submitted(town: Town, where: str) -> None:
    """In each of its texts, whatever the questions let through."""
    organiser, _leader, _ann = await prepare(town)
    answers = plan.make_facts(await get_forum(town), town.app.policy.zone)
    del answers["@forum_code"]
    chat, count = Chat(organiser.id, "vi"), await town.count_rows(Forum)
    for added, is_taken in ((" evil.com", False), ("", True)):
        async with town.work() as work:
            with nullcontext() if is_taken else pytest.raises(Refused, match=r"forum\.link"):
                await action_service.submit_plan(
                    work, chat, {**answers, where: f"{answers[where]}{added}"}
                )
        assert await town.count_rows(Forum) == count + is_taken


# The number


async def test_a_forum_has_few_announcements_a_day(database_url: str) -> None:
    """The organiser is told before typing; a cancellation is still possible."""
    async with open_town(database_url, forums=ForumSettings(announcements_a_day=2)) as town:
        organiser, leader, ann = await prepare(town)
        for venue in ("Nhà A", "Nhà B"):
            await reschedule(organiser, venue)
            await leader.taps("forum.do.confirm", of=venue)
            assert venue in ann.sees
        await open_forum(organiser)
        await organiser.taps("forum.do.reschedule")
        assert organiser.is_asked("forum_reschedule.starts") is False
        heard = len(ann.heard)
        await open_forum(organiser)
        await organiser.taps("forum.do.cancel")
        await organiser.says("trùng lịch")
        await leader.taps("forum.do.confirm", of="trùng lịch")
        assert len(ann.heard) == heard + 1


@pytest.mark.parametrize("where", ["text", "owner"])
async def test_a_promise_with_a_link_is_refused_at_its_end_too(town: Town, where: str) -> None:
    """Everybody reads promises. A draft may be older than the list of allowed links."""
    await prepare(town)
    leader = await town.officer("Giang", unit=WARD, role=Role.APPROVER)
    forum = await get_forum(town)
    await change_forum(town, forum.id, state=ForumState.REPORT_DUE)
    answers = {"text": "Lắp đèn", "owner": "Trưởng Công an phường", "due": "2027-01-31"}
    bad = {**answers, where: "Xem tại congan-haiphong.xyz"}
    async with town.work() as work:
        with pytest.raises(Refused):
            await action_service.perform_action(work, leader.id, "promise", CODE, bad)
    assert await town.count_rows(Commitment) == 0
    async with town.work() as work:
        await action_service.perform_action(work, leader.id, "promise", CODE, answers)
    assert await town.count_rows(Commitment) == 1
