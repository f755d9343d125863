"""Deep links: a link to a unit or a forum answers the question for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.town.forums import publish_forum

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_a_units_link_is_kept_through_language_and_consent(town: Town) -> None:
    """The area is not asked; the review page shows it."""
    ann = town.resident("Ann")
    await ann.says("/start unit_11407")
    assert "Công an phường An Biên" in ann.sees
    await ann.says("/settings")
    await ann.taps("settings.en")
    await ann.gives("Vỉa hè bị chiếm hết.")
    assert "An Biên" in ann.sees
    (record,) = await town.export_submissions()
    assert (record["unit_code"], record["handled_by"]) == ("11407", "11407")


async def test_a_forums_link_marks_the_opinion(town: Town) -> None:
    """The opinion is stored for that forum."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await ann.says("/start forum_DD7K2")
    await ann.gives("Đề nghị lắp đèn.")
    (record,) = await town.export_submissions()
    assert record["forum"] == "DD7K2"


async def test_a_link_is_forgotten_after_a_day(town: Town) -> None:
    """The area is asked for again."""
    ann = town.resident("Ann")
    await ann.says("/start unit_11407")
    town.advance(hours=25)
    await ann.gives("Vỉa hè bị chiếm hết.")
    (record,) = await town.export_submissions()
    assert record["unit_code"] == "31"


async def test_a_broken_link_is_a_plain_start(town: Town) -> None:
    """Whatever its payload is, the bot answers and the next opinion has no forum and no unit."""
    ann = town.resident("Ann")
    for payload in ("unit_99999", "forum_<b>", "unit_", "x" * 64, "code_", "invite_"):
        answers = len(ann.heard)
        await ann.says(f"/start {payload}")
        assert len(ann.heard) > answers
    await ann.gives("Vỉa hè bị chiếm hết.")
    (record,) = await town.export_submissions()
    assert (record["forum"], record["unit_code"]) == (None, "31")
