"""Attacks on messages that show a case: officers forward them, or keep them after the erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.runtime.app import App
from storage.models import Role
from tests.town.casework import WARD, choose_action, open_case
from tests.town.texts import contains_text

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

SECRET = "Kẻ Gây Rối đổ rác ở ngõ Thảo Nguyên"


async def give_case(town: Town) -> tuple[Person, Person, str]:
    """Return a resident, an officer who has read the case in every way, and its code."""
    officer, ann = await town.officer("Bình", WARD), town.resident("Ann")
    await ann.says(f"/start unit_{WARD}")
    await ann.begins()
    await ann.says(SECRET)
    await ann.does("photo", caption="Ảnh")
    code = await ann.finishes()
    await open_case(officer, code)
    await choose_action(officer, code, "note")
    await officer.says("/cases")
    return ann, officer, code


def list_shown(person: Person, code: str) -> list[dict[str, Any]]:
    """Return the bot's messages in a chat that show a case: its code, its words or its files."""
    return [
        message
        for message in person.messages
        if message["from"]["is_bot"]
        and ("photo" in message or code in str(message) or SECRET in str(message))
    ]


async def test_messages_with_a_case_cannot_be_forwarded(town: Town) -> None:
    """The alert, the case, its files, the questions of an action, the list."""
    _ann, officer, code = await give_case(town)
    shown = list_shown(officer, code)
    assert len(shown) >= 5
    assert any("photo" in message for message in shown)
    assert [each for each in shown if not each.get("has_protected_content")] == []


async def test_messages_to_residents_can_be_forwarded(town: Town) -> None:
    """They are the person's own."""
    ann, _officer, _code = await give_case(town)
    assert not any(message.get("has_protected_content") for message in ann.messages)


async def test_the_operator_can_switch_the_protection_off(town: Town) -> None:
    """Officers then can copy a text or save a picture."""
    settings = town.app.settings
    privacy = settings.privacy.model_copy(update={"protect_cases": False})
    app = App(settings.model_copy(update={"privacy": privacy}), clock=lambda: town.now)
    ann, officer = town.resident("Ann"), await town.officer("Bình")
    code = await ann.gives(SECRET)
    async with town.run_replica(app):
        await officer.says(f"/case {code}", to=town.replicas[-1])
        assert SECRET in officer.sees
        assert not officer.messages[-1].get("has_protected_content")
        town.replicas.pop()


async def erase(ann: Person) -> None:
    """Erase all data of a resident."""
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")


async def test_officers_keep_no_message_of_an_erased_case(town: Town) -> None:
    """In the first two days Telegram deletes them: alert, case, pictures, questions."""
    ann, officer, code = await give_case(town)
    await officer.says("/cancel")
    await erase(ann)
    left = [each for each in list_shown(officer, code) if "callback_data" not in str(each)]
    assert left == []
    assert not any(SECRET in str(message) for message in officer.messages)
    assert not any("photo" in message for message in officer.messages)


async def test_a_group_keeps_no_alert_of_an_erased_case(town: Town) -> None:
    """The alert in the unit's group is deleted like those in private chats."""
    leader = await town.officer("Lan", WARD, Role.APPROVER)
    group, ann = town.group("Tổ", leader), town.resident("Ann")
    await leader.says_in(group, "/alertshere")
    await ann.says(f"/start unit_{WARD}")
    code = await ann.gives(SECRET)
    assert any(code in str(message) for message in group.messages)
    await erase(ann)
    assert not any(code in str(message) for message in group.messages)


async def test_older_messages_lose_their_text_and_the_resident_is_told_the_truth(
    town: Town,
) -> None:
    """Telegram does not delete them any more. Pictures stay, and nobody claims otherwise."""
    ann, officer, code = await give_case(town)
    await officer.says("/cancel")
    town.advance(hours=50)
    town.simulator.state.clock.advance(50 * 3600)
    await erase(ann)
    assert not any(SECRET in str(message) for message in officer.messages)
    texts = [message.get("text", "") for message in officer.messages]
    assert sum(contains_text(text, "case.retracted") for text in texts) >= 3
    assert any("photo" in message for message in officer.messages)
    assert ann.is_told("mydata.taken_back")
    assert code in str(officer.messages)
