"""Kind 5: what was written before the keys were rotated is recognised afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.casework import replied_messages
from bot.conversation.chats import load_chat
from bot.conversation.message_subjects import find_message_subject
from bot.conversation.reply import Reply
from bot.privacy import key_rotation
from bot.privacy.encryption import make_key
from bot.privacy.pseudonyms import Pseudonyms
from storage import message_subjects
from tests.town.casework import open_case
from tests.town.settings import KEY, START
from tests.town.texts import contains_text

if TYPE_CHECKING:
    from storage.database import Database
    from tests.town.person import Person
    from tests.town.town import Town


def find_shown(person: Person, key: str) -> int:
    """Return the id of the bot's newest message with the text of a key."""
    found = [each for each in person.messages if contains_text(each.get("text", ""), key)]
    return int(found[-1]["message_id"])


async def test_messages_from_before_a_rotation_are_recognised(town: Town) -> None:
    """The receipt, the person's own words and the views of the resident and the officer."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await open_case(officer, code)
    receipt, words = find_shown(ann, "receipt.text"), ann.find_own("Đèn đường bị hỏng.")
    await ann.says(f"/tracuu {code}")
    asked = [
        (ann, receipt),
        (ann, words),
        (ann, find_shown(ann, "mine.one")),
        (officer, find_shown(officer, "alert.text")),
        (officer, find_shown(officer, "case.text")),
    ]
    both = Pseudonyms([make_key(), KEY])
    await key_rotation.rotate_keys(town.app.database, both)
    async with town.work(policy=replace(town.app.policy, pseudonyms=both)) as work:
        for person, message_id in asked:
            chat = await load_chat(work.connection, work.policy, person.id)
            reply = Reply(text="Ở ngõ 12.", message_id=900, reply_to=message_id)
            target = await replied_messages.find_target(work, chat, reply)
            assert target is not None, (person.name, message_id)
            assert (target.code, target.screen) == (code, None)
        known = await find_message_subject(work, ann.id, words)
        assert known is not None
        assert known.text == "Đèn đường bị hỏng."


@pytest.mark.parametrize("keys", [(5, 9), (9, 5)])
async def test_the_row_of_the_present_key_counts(database: Database, keys: tuple[int, int]) -> None:
    """The bot changed its message after the rotation: the old row says what it was about before."""
    row = {"flow": "case", "text": None}
    async with database.transaction() as connection:
        await message_subjects.save_subjects(
            connection,
            [
                {**row, "key": keys[1], "subject": "old", "at": START},
                {**row, "key": keys[0], "subject": "new", "at": START},
            ],
        )
    async with database.reading() as connection:
        found = await message_subjects.find_subject(connection, keys)
    assert found is not None
    assert found.subject == "new"
