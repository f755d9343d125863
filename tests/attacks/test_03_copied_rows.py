"""Numbers 3 and 6: chat ids, names and words in the rows of a stolen database, and in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import AsyncMock

import pytest

from bot.conversation.service import ConversationService
from bot.runtime import jobs
from tests.attacks.stolen_copy import list_leaks, steal_copy
from tests.town.forums import CODE, WARD, publish_forum
from tests.town.person import Person
from tests.transport.rows import add_fault

if TYPE_CHECKING:
    import io

    from tests.town.town import Town

WORDS = "Zanzibarana"  # of an unnamed text
# Where the words of a submission stand: officers read and search them there.
READ_BY_OFFICERS = ("submission.text", "submission.folded", "message_subject.text", "remark.text")


def add_resident(town: Town, name: str, username: str) -> Person:
    """Add a person with a user name."""
    user = town.simulator.state.add_user(first_name=name, username=username, language_code="vi")
    return Person(town, user.id, name)


async def fill_database(town: Town, monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    """Let residents and officers do what leads to rows of every table; return the residents.

    Telegram takes no message for a while, so replies and messages wait in the outbox.
    """
    officer = await town.officer("Bình", unit=WARD)
    ann, ben, kim = (
        add_resident(town, name, f"{name.lower()}_xyzzy") for name in ("Ann", "Ben", "Kim")
    )
    await publish_forum(town)
    await ann.gives(f"{WORDS} một", identity="channel", area="Phường Lê Chân")
    code = await ann.gives(f"{WORDS} hai", identity="unnamed")
    await ben.says(f"/start forum_{CODE}")
    await ben.says("/subscribe")
    await ann.begins()
    add_fault(town, "429", method=None, retry_after=30, count=None)
    await ann.says(f"{WORDS} ba")
    await ann.says(f"/mine {code}")
    await kim.says("/help")
    await ben.says(f"{WORDS} bốn")
    town.simulator.gateway.faults.clear()
    with monkeypatch.context() as patched:
        patched.setattr(
            ConversationService, "handle_reply", AsyncMock(side_effect=ValueError("broken"))
        )
        await ann.says(f"{WORDS} năm")
    add_fault(town, "403", method="sendMessage", chat_id=kim.id)
    await kim.says("/help")
    await ben.does("block")
    await officer.says("/cases")
    town.advance(hours=23)
    await jobs.remind_drafts(town.app.job_context)
    add_fault(town, "429", method=None, retry_after=30, count=None)
    await town.settle()
    await ann.says("/settings")
    return [ann, ben, kim]


async def test_no_row_and_no_log_line_holds_a_resident(
    town: Town, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a chat id, nor a user name, nor the words of a text outside of the case itself."""
    residents = await fill_database(town, monkeypatch)
    copy = await steal_copy(town.app.database)
    assert {
        name
        for name in ("outbox", "conversation", "recipient", "failed_update")
        if not copy.tables[name]
    } == set()
    assert any(row["state"] == "waiting" for row in copy.tables["outbox"])
    assert list_leaks(copy, [each.id for each in residents]) == []
    assert copy.find("xyzzy") == []
    assert copy.find(WORDS, but_in=READ_BY_OFFICERS) == []
    for secret in (*(str(each.id) for each in residents), "xyzzy", WORDS):
        assert secret not in log.getvalue()
