"""Kind 18: small faults, each with the inputs of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.areas.resolver import resolve_area
from bot.areas.tokens import tokenize_text
from bot.channels.telegram.request import AiohttpRequest
from bot.classification.features import normalize_text
from bot.core.text_folding import fold_text
from bot.forums.planning.typos import is_typo
from storage.models import Audit, Role
from storage.statements import table
from tests.town.forums import (
    WARD,
    change_forum,
    list_registrations,
    publish_forum,
    register_for_forum,
    skip_position,
    subscribe,
)

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def plan(town: Town, action: str, *, capacity: int | None = None) -> Person:
    """Publish a forum, and press the button of an action as its organiser."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    await publish_forum(town, capacity=capacity)
    await press(organiser, action)
    return organiser


async def confirm(town: Town) -> None:
    """Confirm the change that waits, as a leader of the city."""
    leader = await town.officer("Chỉ huy thành phố", role=Role.APPROVER)
    await leader.presses_data("forum:open=DD7K2")
    await leader.taps("forum.do.confirm")


async def press(organiser: Person, action: str) -> None:
    """Open the only forum and press the button of an action."""
    await organiser.says("/forum")
    await organiser.taps(next(label for label in organiser.buttons if "/2026" in label))
    await organiser.taps(f"forum.do.{action}")


# /start


@pytest.mark.parametrize(
    "word", ["/start", "/start x", "/start claim_QQ", "/start forum_DD7K2", "/start unit_11407"]
)
@pytest.mark.parametrize("is_resident", [True, False])
async def test_start_sends_what_was_parked(town: Town, word: str, is_resident: bool) -> None:
    """The chat refused a message once; Telegram sent no update when it was unblocked."""
    ann = town.resident("Ann")
    if is_resident:
        await ann.gives("Đèn đường hỏng")
    else:
        await ann.says("/help")
    async with town.app.database.transaction() as connection:
        await town.app.job_context.database.ping()
        reachability = town.app._reachability
        await reachability.mark_chat_lost(connection, ann.id, town.now)
    await ann.says(word)
    async with town.app.database.reading() as connection:
        assert not await reachability.is_chat_lost(connection, ann.id)


# One message for a promoted guest


@pytest.mark.parametrize("people", [1, 2, 3])
async def test_a_guest_who_brings_fewer_gets_one_message(town: Town, people: int) -> None:
    """The answer shows the place; no second message comes."""
    await publish_forum(town, capacity=4)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann, 1)
    await register_for_forum(ben, 4)
    await ben.taps("forums.ticket_waiting")
    await ben.taps("forums.people")
    await ben.taps(f"attend.people.options.{people}")
    assert not ben.was_told("attend.moved_up")
    assert [row.state.value for row in await list_registrations(town)] == ["registered"] * 2


@pytest.mark.parametrize("words", ["27/12/2026 8h30", "28/12/2026 14:00", "30/11/2026 9h"])
async def test_a_guest_promoted_by_a_new_date_gets_one_message(town: Town, words: str) -> None:
    """A place became free while the forum was postponed."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    await publish_forum(town, capacity=1)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann)
    await register_for_forum(ben)
    await subscribe(town, ben.id, WARD)
    await press(organiser, "postpone")
    await organiser.says("mưa bão")
    await leader.taps("forum.do.confirm")
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.cancel")
    await ann.taps("forums.cancelled")
    before = len(ben.heard)
    await press(organiser, "reschedule")
    await organiser.says(words)
    await organiser.taps("forum_reschedule.venue.options.same")
    await organiser.says("trời tạnh")
    await organiser.taps("forum_reschedule.review.options.submit")
    await leader.taps("forum.do.confirm")
    assert len(ben.heard) == before + 1
    assert ben.is_told("attend.moved_up")


# Rescheduling

SAME = [
    ("", ""),
    ("5/12/2026 9h30", ""),
    ("", "Hội trường phường An Biên"),
    ("05/12/2026 09:30", "hội trường  phường An Biên"),
    ("5/12/2026 9h30", "HỘI TRƯỜNG PHƯỜNG AN BIÊN"),
]
OTHER = [
    ("6/12/2026 9h30", "", ("09 giờ 30, ngày 05/12/2026", "09 giờ 30, ngày 06/12/2026")),
    ("5/12/2026 14h", "", ("09 giờ 30, ngày 05/12/2026", "14 giờ 00, ngày 05/12/2026")),
    ("", "Nhà văn hóa", ("Hội trường phường An Biên", "Nhà văn hóa")),
    ("", "Hội trường phường An Biên, tầng 2", ("Hội trường phường An Biên", "tầng 2")),
    ("7/12/2026 8h", "Nhà văn hóa", ("ngày 05/12/2026", "ngày 07/12/2026", "An Biên", "văn hóa")),
]


async def reschedule(organiser: Person, starts: str, venue: str) -> None:
    """Answer the questions of a reschedule; an empty text presses the button "same"."""
    for step, typed in (("starts", starts), ("venue", venue)):
        if typed:
            await organiser.says(typed)
        else:
            await organiser.taps(f"forum_reschedule.{step}.options.same")
    if venue:
        await skip_position(organiser)
    await organiser.says("mưa bão")
    await organiser.taps("forum_reschedule.review.options.submit")


@pytest.mark.parametrize(("starts", "venue"), SAME)
async def test_a_change_to_the_same_announces_nothing(town: Town, starts: str, venue: str) -> None:
    """The planner is told, and no version of the start is counted."""
    organiser = await plan(town, "reschedule")
    ann = town.resident("Ann")
    await register_for_forum(ann)
    before = len(ann.heard)
    await reschedule(organiser, starts, venue)
    assert organiser.is_told("forum.unchanged")
    assert len(ann.heard) == before


@pytest.mark.parametrize(("starts", "venue", "shown"), OTHER)
async def test_a_change_is_announced_with_the_old_and_the_new(
    town: Town, starts: str, venue: str, shown: tuple[str, ...]
) -> None:
    """Only what changed is named twice."""
    organiser = await plan(town, "reschedule")
    ann = town.resident("Ann")
    await register_for_forum(ann)
    await reschedule(organiser, starts, venue)
    await confirm(town)
    key = "moved" if starts and venue else "moved_start" if starts else "moved_venue"
    assert ann.is_told(f"announcement.{key}")
    assert [words for words in shown if words not in ann.sees] == []
    assert ann.is_told("announcement.former.start") == bool(starts)
    assert ann.is_told("announcement.former.venue") == bool(venue)


# A typo

TYPOS = [
    ("Công an lắng nghe ý kiến của nhân dan", "Công an lắng nghe ý kiến của nhân dân"),
    ("Diễn đàn", "Diễn đàn."),
    ("Trât tự vỉa hè", "Trật tự vỉa hè"),
    ("An toan giao thong", "An toàn giao thông"),
    ("Phòng chống ma tuý", "Phòng chống ma túy"),
    ("Họp ngày 20/12", "Hợp ngày 20/12"),
]
NO_TYPOS = [
    ("Họp ngày 20/12", "Họp ngày 27/12"),
    ("An toàn giao thông", "Tín dụng đen"),
    ("Diễn đàn phường An Biên", "Diễn đàn xã Kiến Thụy năm nay"),
    ("Diễn đàn", "Hủy diễn đàn, xin lỗi bà con"),
    ("Lúc 8 giờ", "Lúc tám giờ"),
]


@pytest.mark.parametrize(("before", "after"), TYPOS)
def test_a_typo_is_recognised(before: str, after: str) -> None:
    """Spelling, diacritics, punctuation."""
    assert is_typo(before, after)


@pytest.mark.parametrize(("before", "after"), NO_TYPOS)
def test_another_content_is_no_typo(before: str, after: str) -> None:
    """Other words, and other numbers."""
    assert not is_typo(before, after)


async def list_actions(town: Town) -> list[str]:
    """Return the actions in the audit log."""
    async with town.app.database.reading() as connection:
        rows = await connection.execute(select(table(Audit).c.action))
        return [row[0] for row in rows]


async def test_a_typo_is_corrected_quietly(town: Town) -> None:
    """Nobody is told, the correction is in the audit, and the new words are shown."""
    organiser = await plan(town, "correct")
    ann = town.resident("Ann")
    await register_for_forum(ann)
    before = len(ann.heard)
    await organiser.says("Công an lắng nghe ý kiến của Nhân dân")
    await organiser.says("An toàn giao thông\nTrật tự vỉa hè")
    await organiser.taps("gather.done")
    assert organiser.is_told("forum_correct.done")
    await confirm(town)
    assert len(ann.heard) == before
    actions = await list_actions(town)
    assert "forum.correct" in actions
    assert "forum.announced" not in actions
    await ann.says("/start forum_DD7K2")
    assert "của Nhân dân" in ann.sees


@pytest.mark.parametrize("title", ["Họp dân phố số 5", "Thông báo hủy"])
async def test_another_title_is_no_correction(town: Town, title: str) -> None:
    """It is refused, and nothing has changed."""
    organiser = await plan(town, "correct")
    await organiser.says(title)
    await organiser.taps("forum_correct.agenda.options.skip")
    assert organiser.is_told("forum.no_typo")
    assert "forum.correct" not in await list_actions(town)


# Capacity


@pytest.mark.parametrize(("capacity", "over"), [(5, 0), (6, 0), (4, 1), (3, 2), (1, 4)])
async def test_a_lower_capacity_says_how_many_are_over(
    town: Town, capacity: int, over: int
) -> None:
    """Who has a place keeps it."""
    organiser = await plan(town, "capacity", capacity=9)
    await register_for_forum(town.resident("Ann"), 3)
    await register_for_forum(town.resident("Ben"), 2)
    await organiser.says(str(capacity))
    assert organiser.was_told("forum.alert.over") == bool(over)
    await organiser.says("/forum")
    await organiser.taps(next(label for label in organiser.buttons if "/2026" in label))
    assert organiser.is_told("forum.over") == bool(over)
    assert not over or f"{over} người" in organiser.sees


async def test_more_room_says_nothing(town: Town) -> None:
    """Nobody is over."""
    organiser = await plan(town, "capacity", capacity=3)
    await register_for_forum(town.resident("Ann"), 3)
    await change_forum(town, 1, capacity=3)
    await organiser.says("10")
    assert not organiser.was_told("forum.alert.over")


# What is no answer

UNREADABLE: dict[str, Any] = {
    "sticker": {
        "file_id": "s",
        "file_unique_id": "s",
        "type": "regular",
        "width": 1,
        "height": 1,
        "is_animated": False,
        "is_video": False,
    },
    "dice": {"emoji": "🎲", "value": 3},
    "poll": {
        "id": "1",
        "question": "?",
        "options": [],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    },
    "game": {"title": "x", "description": "x", "photo": []},
    "story": {"id": 1, "chat": {"id": 5, "type": "private", "first_name": "B"}},
    "invoice": {
        "title": "x",
        "description": "x",
        "start_parameter": "x",
        "currency": "VND",
        "total_amount": 1,
    },
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("question", ["details", "area", "none"])
async def test_what_cannot_be_read_is_named(town: Town, kind: str, question: str) -> None:
    """At a question, whose text follows, and without one."""
    ann = town.resident("Ann")
    if question == "details":
        await ann.begins()
    elif question == "area":
        await ann.begins()
        await ann.says("Đèn đường hỏng.")
    else:
        await ann.says("/help")
    message = {
        "message_id": 9_999,
        "date": 1_790_000_000,
        "chat": {"id": ann.id, "type": "private", "first_name": "Ann"},
        "from": {"id": ann.id, "is_bot": False, "first_name": "Ann"},
        kind: UNREADABLE[kind],
    }
    await ann.does("update", {"message": message})
    assert ann.is_told("errors.unread")
    assert ann.is_told(f"unread.{kind}")
    assert ann.is_told(
        "errors.not_understood" if question == "none" else f"feedback.{question}.ask"
    )


# Look-alike letters

LOOKALIKES = ["Ðèn ðường", "Đồ Sơn", "Ɖồ Sơn", "ÐỒ SƠN", "đường ɖá", "Lê Ðại Hành"]


@pytest.mark.parametrize("typed", LOOKALIKES)
def test_a_look_alike_is_read_as_the_vietnamese_letter(typed: str) -> None:
    """In comparisons of typed words and in the search, and in suggestions."""
    meant = typed.translate(str.maketrans("ÐƉðɖ", "ĐĐđđ"))
    assert fold_text(typed) == fold_text(meant)
    assert normalize_text(typed) == normalize_text(meant)


AREAS = ["Ðồ Sơn", "phường Ðồ Sơn", "Hải Ðông", "Ɖông Hải", "Ðại Hợp", "xã Ɖại Ɖồng", "An ðương"]


@pytest.mark.parametrize("typed", AREAS)
def test_an_area_is_found_by_a_look_alike(typed: str) -> None:
    """The same area as with the Vietnamese letter."""
    meant = typed.translate(str.maketrans("ÐƉðɖ", "ĐĐđđ"))
    assert tokenize_text(typed) == tokenize_text(meant)
    assert resolve_area(typed) == resolve_area(meant)


async def test_a_text_is_stored_with_the_vietnamese_letter(town: Town) -> None:
    """So that officers and the search read it."""
    ann = town.resident("Ann")
    await ann.gives("Ðèn ðường hỏng ở Ɖồ Sơn")
    (record,) = await town.export_submissions()
    assert record["text"] == "Đèn đường hỏng ở Đồ Sơn"


# File names

NAMES = [
    "Báo cáo tháng 11.xlsx",
    'Ảnh "đẹp".png',
    "100% thật.pdf",
    "tên; có dấu.csv",
    "a\r\nX-Evil: 1.png",
    "日本語 🚓.png",
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_name_arrives_as_it_is(town: Town, name: str) -> None:
    """In UTF-8, not percent-encoded; control characters are spaces."""
    ann = town.resident("Ann")
    await ann.says("/help")
    await town.app.bot.send_document(ann.id, b"content", filename=name)
    shown = ann.messages[-1]["document"]["file_name"]
    assert shown == name.replace("\r", " ").replace("\n", " ")
    assert isinstance(town.app.bot.request, AiohttpRequest)
