"""Kind 12: what is forwarded, quoted or made by another bot is marked as such to the officer."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from storage.models import Role
from tests.town.casework import accept_case, choose_action

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

NUMBERS = itertools.count(910_000)
WHEN = 1_790_000_000
USER = {"id": 5, "is_bot": False, "first_name": "Chi", "last_name": "Trần"}
GROUP = {"id": -100, "type": "supergroup", "title": "Tổ dân phố 5"}
CHANNEL = {"id": -101, "type": "channel", "title": "Tin Hải Phòng"}
BOT = {"id": 6, "is_bot": True, "first_name": "Gif", "username": "gif"}
ORIGINS: list[tuple[dict[str, Any], str]] = [
    ({"type": "user", "sender_user": USER}, "Chi Trần"),
    ({"type": "hidden_user", "sender_user_name": "Người giấu tên"}, "Người giấu tên"),
    ({"type": "chat", "sender_chat": GROUP, "author_signature": "Tổ trưởng"}, "Tổ dân phố 5"),
    ({"type": "channel", "chat": CHANNEL, "message_id": 7}, "Tin Hải Phòng"),
]


async def send(person: Person, text: str, **fields: Any) -> None:
    """Send a text with further fields of a message."""
    number = next(NUMBERS)
    user = {"id": person.id, "is_bot": False, "first_name": person.name}
    chat = {"id": person.id, "type": "private", "first_name": person.name}
    message = {"message_id": number, "date": WHEN, "chat": chat, "from": user}
    if text:
        message["text"] = text
    update = {"update_id": 90_000_000 + number, "message": {**message, **fields}}
    await person.does("update", update)


@pytest.mark.parametrize(("origin", "who"), ORIGINS, ids=[each["type"] for each, _ in ORIGINS])
async def test_a_forwarded_message_is_marked(town: Town, origin: dict[str, Any], who: str) -> None:
    """Of a person, a hidden person, a group and a channel: who wrote it, and when."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    await ann.says("Tôi nhận được tin này.")
    await send(ann, "Có trộm ở ngõ 5.", forward_origin={**origin, "date": WHEN})
    code = await ann.finishes()
    await officer.says(f"/case {code}")
    assert officer.is_told("case.source.forward")
    assert who in officer.sees
    assert "2026" in officer.sees.split(who)[1]


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"quote": {"text": "câu gốc", "position": 0}}, "quote", "câu gốc"),
        ({"via_bot": BOT}, "via_bot", "@gif"),
        (
            {"external_reply": {"origin": {**ORIGINS[0][0], "date": WHEN}, "chat": GROUP}},
            "external",
            "Chi Trần",
        ),
    ],
    ids=["quote", "via_bot", "external_reply"],
)
async def test_other_sources_are_marked(
    town: Town, fields: dict[str, Any], kind: str, words: str
) -> None:
    """A quote, another bot, a reply to a message of another chat."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    await send(ann, "Có trộm ở ngõ 5.", **fields)
    code = await ann.finishes()
    await officer.says(f"/case {code}")
    assert officer.is_told(f"case.source.{kind}")
    assert words in officer.sees


async def test_a_forward_in_an_addition_is_marked(town: Town) -> None:
    """Below the addition; what the resident wrote themself has no mark."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await officer.says(f"/case {code}")
    assert not officer.is_told("case.source.forward")
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.addition")
    await send(ann, "Đèn ngõ 6 cũng hỏng.", forward_origin={**ORIGINS[0][0], "date": WHEN})
    await ann.taps("addition.details.options.done")
    await officer.says(f"/case {code}")
    assert officer.is_told("case.source.forward")


@pytest.mark.parametrize("action", ["note", "ask"])
async def test_an_officers_forward_is_marked(town: Town, action: str) -> None:
    """What an officer forwards into a note or a question, beside words of their own."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await accept_case(officer, code)
    await choose_action(officer, code, action)
    await officer.says("Điện lực trả lời như sau.")
    await send(officer, "Mai sẽ sửa.", forward_origin={**ORIGINS[0][0], "date": WHEN})
    await officer.taps("gather.done")
    await officer.says(f"/case {code}")
    assert officer.is_told("case.source.forward")
    assert "Chi Trần" in officer.sees
    assert officer.sees.count("“Mai sẽ sửa.”") == 1


async def test_a_forwarded_contact_is_not_the_persons_own(town: Town) -> None:
    """Whoever made the card: its number is not shared by the person who forwards it."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường bị hỏng.")
    await ann.chooses_phone()
    card = {"phone_number": "+84912345678", "first_name": "Ann", "user_id": ann.id}
    origin = {**ORIGINS[0][0], "date": WHEN}
    await send(ann, "", contact=card, forward_origin=origin)
    assert ann.is_asked("feedback.phone")
    assert ann.is_told("feedback.phone.rejected.someone-elses")
    await send(ann, "", contact=card)
    assert not ann.is_asked("feedback.phone")


@pytest.mark.parametrize("step", ["text", "measure", "deadline"])
async def test_a_forward_in_a_proposed_answer_is_marked(town: Town, step: str) -> None:
    """Whoever approves the answer sees which part of it somebody else wrote, and when."""
    officer, leader = await town.officer("Binh"), await town.officer("Cường", role=Role.APPROVER)
    code = await town.resident("Ann").gives("Đèn đường bị hỏng.")
    await accept_case(officer, code)
    await officer.taps("case.do.propose")
    for name in ("text", "measure", "deadline"):
        if name == step:
            origin = {**ORIGINS[0][0], "date": WHEN}
            await send(officer, f"Phần {name}.", forward_origin=origin)
        else:
            await officer.says(f"Phần {name}.")
        if name == "text":
            await officer.taps("gather.done")
    await officer.taps("propose.review.options.submit")
    await leader.says(f"/case {code}")
    assert leader.is_told("case.source.forward")
    assert f"phần “Phần {step}.” do Chi Trần viết" in leader.sees
    assert leader.sees.count("Chuyển tiếp:") == 1


@pytest.mark.parametrize("fields", [{"via_bot": BOT}, {"quote": {"text": "gốc", "position": 0}}])
@pytest.mark.parametrize("step", ["body", "contact"])
async def test_a_source_of_a_one_line_answer_is_marked(
    town: Town, step: str, fields: dict[str, Any]
) -> None:
    """The agency and the contact of a transfer; a correction of its own words has no mark."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await accept_case(officer, code)
    await choose_action(officer, code, "transfer")
    for name in ("body", "contact"):
        if name == step:
            await send(officer, f"Dòng {name}", **fields)
        else:
            await officer.says(f"Dòng {name}")
    await officer.says(f"/case {code}")
    assert officer.is_told(f"case.source.{'via_bot' if 'via_bot' in fields else 'quote'}")
    assert officer.sees.count(f"“Dòng {step}”") == 1


async def test_an_answer_that_is_written_again_has_no_mark(town: Town) -> None:
    """The forwarded one was replaced by own words."""
    officer, leader = await town.officer("Binh"), await town.officer("Cường", role=Role.APPROVER)
    code = await town.resident("Ann").gives("Đèn đường bị hỏng.")
    await accept_case(officer, code)
    await officer.taps("case.do.propose")
    await officer.writes("Đã sửa.")
    await send(officer, "Thay bóng", forward_origin={**ORIGINS[0][0], "date": WHEN})
    await officer.says("Xong ngày mai")
    await officer.taps("move.edit")
    await officer.taps("propose.measure.title")
    await officer.says("Thay cả cột")
    await officer.taps("propose.review.options.submit")
    await leader.says(f"/case {code}")
    assert "Thay cả cột" in leader.sees
    assert not leader.is_told("case.source.forward")
