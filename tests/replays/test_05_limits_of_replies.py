"""Kind 5: a message that waits for a choice, or starts a conversation, keeps to its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.casework.resident_flows import SUBMISSION_LIMITS
from tests.replays.test_05_other_replies import find_shown
from tests.town.casework import accept_case, choose_action

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

MEGABYTE = 1024 * 1024
TOO_LARGE = SUBMISSION_LIMITS.file_bytes + MEGABYTE


async def send_large_file(person: Person, reply_to: int | None = None) -> None:
    """Send a document over the limit, as a reply if `reply_to` is given."""
    number = person.messages[-1]["message_id"] + 1
    file = {"file_id": "big", "file_unique_id": "big", "file_size": TOO_LARGE}
    message = {
        "message_id": number,
        "date": 1_790_000_000,
        "chat": {"id": person.id, "type": "private", "first_name": person.name},
        "from": {"id": person.id, "is_bot": False, "first_name": person.name},
        "document": file,
    }
    if reply_to is not None:
        message["reply_to_message"] = person.find_message(reply_to)
    await person.does("update", {"update_id": 97_000_000 + number, "message": message})


async def test_a_reply_over_the_limit_starts_no_addition_unsaid(town: Town) -> None:
    """A file that cannot be taken: the reason stands above the question."""
    ann = town.resident("Ann")
    await ann.gives("Đèn đường bị hỏng.")
    await send_large_file(ann, find_shown(ann, "receipt.text"))
    assert ann.is_told("addition.details.rejected.too-large")


async def test_a_first_message_over_the_limit_is_said_so(town: Town) -> None:
    """The offer to send it as an opinion says that the file cannot be taken."""
    ann = town.resident("Ann")
    await ann.says("/start")
    await send_large_file(ann)
    assert ann.is_asked("feedback.consent")
    assert ann.is_told("feedback.details.rejected.too-large")


@pytest.mark.parametrize("count", [6, 8])
async def test_waiting_replies_keep_the_limit_of_characters(town: Town, count: int) -> None:
    """Five of 4,000 letters fit into an addition; each further one is refused at once."""
    ann = town.resident("Ann")
    await ann.gives("Đèn đường bị hỏng.")
    receipt = find_shown(ann, "receipt.text")
    await ann.says("/gopy")
    for number in range(count):
        await ann.does("text", str(number) * 4000, reply_to=receipt)
        assert ann.is_told("draft.conflict")
        assert ann.is_told("addition.details.rejected.too-long") is (number >= 5)
    await ann.does("press", label=ann.buttons[1])
    gathered = (await town.read_answers(ann.id))["details.messages"]
    assert [each["text"][0] for each in gathered] == list("01234")


@pytest.mark.parametrize("count", [3, 5])
async def test_waiting_words_of_an_officer_keep_the_limit(town: Town, count: int) -> None:
    """A note has 10,000 letters: the third part of 4,000 is refused."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    first, second = await ann.gives("Đèn đường bị hỏng."), await ann.gives("Mất xe đạp.")
    for code in (first, second):
        await accept_case(officer, code)
    await choose_action(officer, first, "transfer")
    question = find_shown(officer, "transfer.body.ask")
    await officer.says("/huy")
    await choose_action(officer, second, "transfer")
    for number in range(count):
        await officer.does("text", str(number) * 4000, reply_to=question)
        assert officer.is_told("draft.conflict")
        assert officer.is_told("gather.too_long") is (number >= 2)
    await officer.does("press", label=officer.buttons[1])
    gathered = (await town.read_answers(officer.id))["text.messages"]
    assert [each["text"][0] for each in gathered] == ["0", "1"]
