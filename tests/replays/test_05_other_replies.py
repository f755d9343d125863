"""Kind 5: replies to pictures, to messages about forums, and to questions that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.forums import announcements
from storage import attendance
from storage.models import ForumState, Role
from tests.town.casework import accept_case, choose_action
from tests.town.forums import CODE, WARD, publish_forum, register_for_forum, subscribe
from tests.town.texts import contains_text

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


def find_shown(person: Person, key: str) -> int:
    """Return the id of the bot's newest message with the text or the caption of a key."""
    found = [
        each["message_id"]
        for each in person.messages
        if each["from"]["is_bot"] and contains_text(each.get("text", each.get("caption", "")), key)
    ]
    assert found, (key, person.heard)
    return int(found[-1])


async def test_a_reply_to_the_picture_of_a_receipt_is_an_addition(town: Town) -> None:
    """The QR code belongs to its submission, although a newer one was given since."""
    ann = town.resident("Ann")
    first = await ann.gives("Đèn đường bị hỏng.")
    await ann.gives("Mất xe đạp.")
    await ann.presses_data(f"mine:receipt={first}")
    picture = next(each for each in reversed(ann.messages) if "photo" in each)
    await ann.does("text", "Ở ngõ 12.", reply_to=picture["message_id"])
    assert first in ann.sees
    assert ann.is_offered("addition.details.options.done")


@pytest.mark.parametrize("shown", ["view", "ticket", "qr", "announcement", "confirmation"])
async def test_a_reply_to_a_message_about_a_forum_is_answered(town: Town, shown: str) -> None:
    """It is no submission: the person is told to open the forum, and the button opens it."""
    forum = await publish_forum(town, invited=["Ban Chỉ huy"])
    ann = town.resident("Ann")
    key = {
        "view": "forums.one",
        "ticket": "forums.ticket_of",
        "qr": "forums.qr_caption",
        "announcement": "announcement.notice",
        "confirmation": "attend.registered",
    }[shown]
    if shown == "announcement":
        await ann.says("/start")
        await subscribe(town, ann.id, WARD)
        async with town.work() as work:
            row = await attendance.get_forum(work.connection, forum)
            await announcements.announce_forum(work, row, "notice")
        policy = town.app.policy
        await announcements.expand_announcements(town.app.database, town.now, policy=policy)
        await town.settle()
    elif shown == "view":
        await ann.says(f"/start forum_{CODE}")
    else:
        await register_for_forum(ann)
        await ann.presses_data(f"forums:mine={CODE}")
        await ann.presses_data(f"forums:qr={CODE}")
    await ann.does("text", "Tôi đến muộn được không?", reply_to=find_shown(ann, key))
    assert ann.is_told("replied.forum")
    await ann.taps("forum.open")
    assert ann.is_told("forums.one")


async def test_a_reply_to_a_planners_view_opens_the_plan(town: Town) -> None:
    """As its planners see it."""
    await publish_forum(town, state=ForumState.PUBLISHED)
    organiser = await town.officer("Lan", "31", Role.ORGANISER)
    await organiser.presses_data(f"forum:open={CODE}")
    view = organiser.messages[-1]["message_id"]
    await organiser.does("text", "Đổi giờ.", reply_to=view)
    assert organiser.is_told("replied.forum")
    before = len(organiser.heard)
    await organiser.taps("forum.open")
    assert len(organiser.heard) > before
    assert not organiser.is_told("forums.unknown")


async def test_a_reply_to_a_closed_question_is_about_its_case(town: Town) -> None:
    """The question was about the first case; the draft of now is about the second one."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    first = await ann.gives("Đèn đường bị hỏng.")
    second = await ann.gives("Mất xe đạp.")
    for code in (first, second):
        await accept_case(officer, code)
    await choose_action(officer, first, "transfer")
    question = find_shown(officer, "transfer.body.ask")
    await officer.says("/huy")
    await officer.does("text", "Gửi sở điện lực.", reply_to=question)
    assert first in officer.sees
    assert officer.is_offered("gather.done")
    await officer.says("/huy")
    await choose_action(officer, second, "transfer")
    await officer.does("text", "Gửi sở điện lực.", reply_to=question)
    assert officer.is_told("draft.conflict")
    assert "body" not in await town.read_answers(officer.id)


async def test_a_reply_to_another_question_reaches_no_case(town: Town) -> None:
    """A question without a subject has ended; its reply is no answer about a case."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await accept_case(officer, code)
    await officer.says("/gopy")
    question = officer.messages[-1]["message_id"]
    await officer.says("/huy")
    await choose_action(officer, code, "transfer")
    await officer.does("text", "Đèn nhà tôi.", reply_to=question)
    assert officer.is_told("replied.ended")
    assert "body" not in await town.read_answers(officer.id)
    asked = find_shown(officer, "transfer.body.ask")
    await officer.does("text", "Sở điện lực.", reply_to=asked)
    assert (await town.read_answers(officer.id))["body"] == "Sở điện lực."


async def test_a_reply_to_an_ended_question_is_offered_as_new(town: Town) -> None:
    """Nothing is open: the words are kept, and the person is told how they count."""
    ann = town.resident("Ann")
    await ann.says("/gopy")
    question = ann.messages[-1]["message_id"]
    await ann.says("/huy")
    await ann.does("text", "Đèn đường bị hỏng.", reply_to=question)
    assert ann.is_told("replied.unknown")
    assert ann.is_asked("feedback.consent")
