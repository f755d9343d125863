"""The typing indicator is shown while a file is taken or a search runs, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import Outbox

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


def _count_shown(town: Town, person: Person) -> int:
    journal = town.simulator.gateway.journal
    return len(journal.list_requests(method="sendChatAction", chat_id=person.id))


@pytest.mark.parametrize("kind", ["photo", "voice", "document", "video"])
async def test_it_is_shown_while_a_file_is_taken(town: Town, kind: str) -> None:
    """A large file takes a while: the person sees that it has arrived."""
    ann = town.resident("Ann")
    await ann.begins()
    before = _count_shown(town, ann)
    await ann.does(kind)
    assert _count_shown(town, ann) == before + 1


async def test_an_album_shows_it_once(town: Town) -> None:
    """It stays for some seconds, so that a file right behind needs none of its own."""
    ann = town.resident("Ann")
    await ann.begins()
    for _ in range(5):
        town.simulator.people.perform_action("photo", ann.id)
    await town.deliver()
    assert _count_shown(town, ann) == 1


async def test_it_is_shown_while_an_officer_searches(town: Town) -> None:
    """All texts are looked through."""
    officer = await town.officer("Binh")
    await officer.says("/search đèn đường")
    assert _count_shown(town, officer) == 1


async def test_words_and_buttons_cost_no_indicator(town: Town) -> None:
    """Their answer is there at once."""
    ann = town.resident("Ann")
    await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await ann.says("/tracuu")
    assert _count_shown(town, ann) == 0


async def test_a_failure_of_it_loses_nothing(town: Town) -> None:
    """The file is taken and answered, and nothing about the indicator waits in the outbox."""
    ann = town.resident("Ann")
    await ann.begins()
    rows = await town.count_rows(Outbox)
    town.simulator.gateway.faults.add_fault("5xx", method="sendChatAction", count=None)
    await ann.does("photo", caption="Đèn đường hỏng ba tuần rồi.")
    assert await town.count_rows(Outbox) == rows
    await ann.finishes()
    assert len(await town.export_submissions()) == 1
