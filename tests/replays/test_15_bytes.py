"""Kind 15: bytes that a database refuses, and letters that nobody sees, in any string."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.casework import staff
from bot.channels.telegram.dispatch import ALLOWED_UPDATES
from bot.channels.telegram.json_text import parse_json
from bot.channels.telegram.polling import Polling
from bot.core.visible_text import clean_name, has_visible_text
from bot.simulator.update_queue import QueuedUpdate
from storage.models import Attachment, Officer, Role
from storage.statements import table
from tests.town.settings import TOKEN
from tests.transport.rows import count_failed_updates, list_texts, make_text_update

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlmodel import SQLModel

    from tests.town.person import Person
    from tests.town.town import Town

DIRTY = "\ud800\0"
BAD = ("\0", "\ud800", "\udc00", "\udfff\ud8ff", DIRTY)


def encode(update: Any) -> bytes:
    """Return an update as Telegram encodes it: ASCII, with escapes."""
    return json.dumps(update).encode()


async def post(town: Town, update: dict[str, Any]) -> None:
    """Post an update to the webhook and wait for its effects; it must not fail."""
    before = await count_failed_updates(town)
    assert await town.post(town.replica(0), encode(update)) == 200
    await town.settle()
    assert await count_failed_updates(town) == before


def make_update(person: Person, **fields: Any) -> dict[str, Any]:
    """Return an update with the next number: a message of a person."""
    person.town.simulator.state.get_account(TOKEN).updates.last_id += 1
    number = person.town.simulator.state.get_account(TOKEN).updates.last_id
    return make_text_update(number, person.id, message_id=number, **fields)


async def fetch_rows(town: Town, model: type[SQLModel]) -> list[Any]:
    """Return all rows of a table."""
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(table(model)))).all())


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: [1, [text]],
        lambda text: {"a": {text: text}},
        lambda text: {"message": {"from": {"first_name": text}, "text": None}},
        lambda text: {"callback_query": {"data": f"mine:open={text}"}},
    ],
)
def test_every_string_of_a_payload_is_cleaned(bad: str, wrap: Any) -> None:
    """Whatever the depth, as a value or as a name; the letters around it stay."""
    assert parse_json(encode(wrap(f"Hải{bad} Phòng"))) == wrap("Hải Phòng")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"text": "a\x00b\x01"}', {"text": "ab\x01"}),
        (b'"\xed\xa0\x80a"', "a"),
        (b'"\xed\xa0\xbd\xed\xb8\x80"', "😀"),
        (rb'"\ud83d\ude00\ud83d"', "😀"),
        (rb'["\ud800", "\\u0000"]', ["", "\\u0000"]),
        ('"Hải Phòng"'.encode(), "Hải Phòng"),
    ],
)
def test_pairs_stay_and_halves_go(payload: bytes, expected: Any) -> None:
    """A pair is joined, also if each half was encoded on its own; an escaped backslash stays."""
    assert parse_json(payload) == expected


@pytest.mark.parametrize("payload", [b"", b"[1", b'{"a": "\xff"}', b"\x00"])
def test_what_is_no_json_stays_an_error(payload: bytes) -> None:
    """Only strings are mended."""
    with pytest.raises(ValueError, match=r".+"):
        parse_json(payload)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_no_value_keeps_a_bad_letter(value: Any) -> None:
    """Every result can be encoded, and has no zero byte."""
    cleaned = json.dumps(parse_json(encode(value)), ensure_ascii=False)
    assert b"\\u0000" not in cleaned.encode()


@pytest.mark.parametrize("bad", BAD)
async def test_an_opinion_with_bad_letters_everywhere(town: Town, bad: str) -> None:
    """Name, text, caption, file name, MIME type, ids and button: all of it arrives, cleaned."""
    ann = town.resident("Ann")
    await ann.begins()
    who = {"id": ann.id, "is_bot": False, "first_name": f"An{bad}n", "last_name": bad}
    await post(town, make_update(ann, **{"from": who}, text=f"Đèn{bad} hỏng."))
    document = {
        "file_id": f"doc{bad}",
        "file_unique_id": f"u{bad}",
        "file_name": f"bao{bad} cao.pdf",
        "mime_type": f"application/{bad}pdf",
        "file_size": 10,
    }
    await post(
        town,
        make_update(ann, **{"from": who}, text=None, caption=f"Kèm {bad}tệp", document=document),
    )
    await ann.finishes()
    assert await list_texts(town) == ["Đèn hỏng.\nKèm tệp"]
    (file,) = await fetch_rows(town, Attachment)
    assert (file.file_id, file.file_name) == ("doc", "bao cao.pdf")
    assert file.mime_type == "application/pdf"


@pytest.mark.parametrize("bad", BAD)
async def test_a_link_and_a_button_with_bad_letters(town: Town, bad: str) -> None:
    """The officer's name is stored clean; the payload and the data are read without the letters."""
    bob = town.resident("Bob")
    async with town.work() as work:
        token = await staff.make_invite(work, "31", Role.OFFICER, ())
    who = {"id": bob.id, "is_bot": False, "first_name": f"{bad}Bình{bad}"}
    text = f"/start invite_{bad}{token}"
    command = [{"type": "bot_command", "offset": 0, "length": 6}]
    await post(town, make_update(bob, **{"from": who}, text=text, entities=command))
    (officer,) = await fetch_rows(town, Officer)
    assert officer.name == "Bình"
    await bob.says("/feedback")
    query = {"id": "1", "from": who, "chat_instance": bad, "message": bob.messages[-1]}
    agree = bob.messages[-1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    update = make_update(bob)
    await post(
        town,
        {"update_id": update["update_id"], "callback_query": {**query, "data": f"{bad}{agree}"}},
    )
    assert bob.is_asked("feedback.details")


@asynccontextmanager
async def poll(town: Town) -> AsyncIterator[None]:
    """Run the poller inside the context until every update is confirmed."""
    stopping = asyncio.Event()
    polling = Polling(
        town.app.bot, town.app.update_handler, ALLOWED_UPDATES, town.app.stop_for, wait=5
    )
    running = asyncio.create_task(polling.run(stopping))
    yield
    updates = town.simulator.state.get_account(TOKEN).updates
    await asyncio.wait_for(updates.wait_until_confirmed(updates.last_id), 15)
    await town.settle()
    stopping.set()
    await asyncio.wait_for(running, 10)


@pytest.mark.parametrize("bad", BAD)
async def test_polling_goes_on_behind_a_bad_letter(town: Town, bad: str) -> None:
    """One half of a surrogate pair would make the whole response unreadable, again and again."""
    ann = town.resident("Ann")
    await ann.begins()
    update = make_update(ann, text=f"Đèn{bad} hỏng.")
    queue = town.simulator.state.get_account(TOKEN).updates
    queue._waiting[update["update_id"]] = QueuedUpdate(update["update_id"], 1, encode(update))
    async with poll(town):
        town.simulator.people.send_text(ann.id, "Cả phố tối om mấy hôm nay rồi ạ.")
    await ann.finishes()
    assert await list_texts(town) == ["Đèn hỏng.\nCả phố tối om mấy hôm nay rồi ạ."]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anh\u202egpj.exe", "anhgpj.exe"),
        ("\u2066Bình\u2069", "Bình"),
        ("Công\u200b an\u00ad", "Công an"),
        ("\u3164\u2800Lan", "Lan"),
        ("Trưởng\nCông an:\tđã duyệt", "Trưởng Công an: đã duyệt"),
        ("Nguyễn\u00a0Văn\u3000A", "Nguyễn Văn A"),
        ("Lan 👩\u200d👧 ❤\ufe0f", "Lan 👩\u200d👧 ❤\ufe0f"),
        ("a\u200db\ufe0fc", "abc"),
        ("\U000e0041tag\U000e007f", "tag"),
        ("\u200f\u061c\u2067", ""),
        ("Đỗ Thị Hồng", "Đỗ Thị Hồng"),
    ],
)
def test_a_name_has_no_hidden_letters(name: str, expected: str) -> None:
    """Direction marks, blank letters, tags, line breaks; the joiners of an emoji stay."""
    assert clean_name(name) == expected


@pytest.mark.parametrize(
    ("first_name", "expected"),
    [
        ("\u202eBình\u202c", "Bình"),
        ("B\u200bình", "Bình"),
        ("\u3164", None),
        ("\u2068\u2069", None),
    ],
)
async def test_an_officers_name_is_neutralised(
    town: Town, first_name: str, expected: str | None
) -> None:
    """A name of invisible letters only is replaced by the person's number."""
    officer = await town.officer(first_name)
    (row,) = await fetch_rows(town, Officer)
    assert row.name == (expected or str(officer.id))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anh\u202egpj.exe", "anhgpj.exe"),
        ("\u200bbien ban.pdf", "bien ban.pdf"),
        ("\u2066\u2069", None),
        ("dong 1\ndong 2.txt", "dong 1 dong 2.txt"),
        ("x" * 400 + ".docx", "x" * 224 + "x" * 27 + ".docx"),
    ],
)
async def test_a_file_name_is_neutralised(town: Town, name: str, expected: str | None) -> None:
    """It is stored as officers may see it; the type at its end stays visible."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Có tệp.")
    await ann.does("document", b"%PDF-1.4", file_name=name, mime_type="application/" + "p" * 200)
    await ann.finishes()
    (file,) = await fetch_rows(town, Attachment)
    assert (file.file_name, len(file.mime_type)) == (expected, 128)


INVISIBLE = ("\u200b", "\u3164", "\u2800\u2800", "\u202e\u202c", "\ufeff \u00ad", "\U000e0020")


@pytest.mark.parametrize("text", INVISIBLE)
async def test_a_text_that_nobody_sees_is_no_answer(town: Town, text: str) -> None:
    """Neither as an opinion nor as a caption; before a conversation it starts none."""
    ann = town.resident("Ann")
    await ann.says("/help")
    await post(town, make_update(ann, text=text))
    assert ann.is_told("errors.not_understood")
    await ann.begins()
    await post(town, make_update(ann, text=text))
    assert ann.is_told("feedback.details.rejected.empty")
    await ann.does("photo", caption="Ảnh")
    await post(town, make_update(ann, text=f"{text}!{text}"))
    await ann.finishes()
    assert await list_texts(town) == [f"Ảnh\n{text}!{text}"]


@given(st.text())
def test_a_visible_letter_is_enough(text: str) -> None:
    """A text with a Vietnamese letter always counts."""
    assert has_visible_text(f"{text}ế")
