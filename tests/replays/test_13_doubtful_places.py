"""Kind 13: places in doubt, in captions, in first messages and in answers of officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import Role
from tests.replays.test_13_locations import HERE, PARIS, SWAPPED, UNREADABLE, list_places
from tests.replays.test_15_bytes import make_update, post

if TYPE_CHECKING:
    from tests.town.town import Town

MORE_SWAPPED = (
    *SWAPPED,
    "Ổ gà ở 106.6822, 20.8561 rất sâu",
    "https://www.openstreetmap.org/#map=17/106.6822/20.8561",
    "geo:106.6822,20.8561",
)
BUTTONS = {
    "turned": "Đúng, vị trí 20.8561, 106.6822",
    "no-place": "turned_place.options.no-place",
}
LINK_HINT = "feedback.offer.rejected.unreadable-link"
CAPTIONS = [
    ("Ổ gà ở 20.8561, 106.6822", HERE, None),
    ("20,8561 106,6822", HERE, None),
    ("https://maps.google.com/?q=20.8561,106.6822", HERE, None),
    ("20°51'21.96\"B 106°40'55.92\"Đ", HERE, None),
    ("geo:20.8561,106.6822", HERE, None),
    (SWAPPED[0], HERE, "swapped"),
    ("48.8566, 2.3522", PARIS, "rejected.place-outside"),
    (UNREADABLE[0], None, "rejected.unreadable-link"),
]


@pytest.mark.parametrize("text", MORE_SWAPPED)
@pytest.mark.parametrize("choice", ["turned", "no-place", "done"])
async def test_a_turned_place_is_asked_about(town: Town, text: str, choice: str) -> None:
    """A button confirms it or takes it away. Without a press it stays, and so does the text."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    await ann.says(text)
    assert ann.is_told("feedback.details.swapped")
    assert "20.8561, 106.6822" in ann.sees
    if choice != "done":
        await ann.taps(BUTTONS[choice])
        assert ann.is_told("feedback.details.more")
    code = await ann.finishes()
    assert (await town.get_submission(code)).text == f"Ổ gà.\n{text}"
    stored = [(each.latitude, each.longitude) for each in await list_places(town)]
    assert stored == ([] if choice == "no-place" else [HERE])


async def test_an_edit_asks_about_the_place_again(town: Town) -> None:
    """The question follows the newest version of the message; "start over" ends it."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("20.8561, 106.6822")
    await ann.edits("20.8561, 106.6822", SWAPPED[0])
    assert ann.is_told("feedback.details.swapped")
    await ann.edits(SWAPPED[0], "20.8561, 106.6822")
    assert not ann.is_told("feedback.details.swapped")
    await ann.edits("20.8561, 106.6822", SWAPPED[1])
    await ann.taps("feedback.details.options.again")
    await ann.says("Ổ gà.")
    assert ann.is_asked("feedback.area")
    assert not ann.is_told("feedback.area.near")


@pytest.mark.parametrize("link", UNREADABLE)
async def test_a_short_link_in_the_first_message_gets_the_hint(town: Town, link: str) -> None:
    """Before a conversation is open, as inside of it."""
    ann = town.resident("Ann")
    await ann.says(f"Ổ gà ở {link}")
    assert ann.is_told(LINK_HINT)
    assert ann.is_asked("feedback.consent")
    code = await ann.finishes()
    assert (await town.get_submission(code)).text == f"Ổ gà ở {link}"
    assert not await list_places(town)


async def test_a_first_message_in_another_country_gets_the_hint(town: Town) -> None:
    """A place in the city gets none."""
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await ann.says("48.8566, 2.3522")
    assert ann.is_told("feedback.offer.rejected.place-outside")
    await ben.says("Ổ gà ở 20.8561, 106.6822")
    assert not ben.is_told("feedback.offer.rejected.place-outside")
    assert not ben.is_told(LINK_HINT)


@pytest.mark.parametrize(("caption", "place", "told"), CAPTIONS)
async def test_the_caption_of_a_photo_is_read(
    town: Town, caption: str, place: tuple[float, float] | None, told: str | None
) -> None:
    """The place is stored beside the photo."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption=caption)
    doubts = ("swapped", "rejected.place-outside", "rejected.unreadable-link")
    told_now = [each for each in doubts if ann.is_told(f"feedback.details.{each}")]
    assert told_now == ([told] if told else [])
    assert told or ann.is_told("feedback.area.near")
    await ann.finishes()
    stored = await list_places(town)
    places = [(each.latitude, each.longitude) for each in stored if each.type == "place"]
    assert places == ([place] if place else [])
    assert [each.type for each in stored if each.type != "place"] == ["photo"]


async def test_the_caption_of_a_late_photo_is_read(town: Town) -> None:
    """It is asked about its place; after that, the card follows again."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    await ann.reaches("feedback.review")
    await ann.does("photo", caption=SWAPPED[0])
    assert ann.is_told("late.added")
    assert ann.is_told("feedback.details.swapped")
    await ann.taps(BUTTONS["turned"])
    await ann.reaches("feedback.review")
    await ann.taps("feedback.review.options.submit")
    stored = [(each.type, each.latitude) for each in await list_places(town)]
    assert stored == [("photo", None), ("place", HERE[0])]


@pytest.mark.parametrize("choice", ["turned", "no-place", "done"])
async def test_a_turned_place_of_the_first_message_is_asked_about(town: Town, choice: str) -> None:
    """After the consent, before anything else; a place that is not meant offers no units."""
    ann = town.resident("Ann")
    await ann.says(MORE_SWAPPED[3])
    await ann.taps("feedback.consent.options.agree")
    assert ann.is_told("feedback.details.swapped")
    if choice != "done":
        await ann.taps(BUTTONS[choice])
    await ann.taps("feedback.details.options.done")
    assert ann.is_told("feedback.area.near") == (choice != "no-place")
    code = await ann.finishes()
    assert (await town.get_submission(code)).text == MORE_SWAPPED[3]
    stored = [(each.latitude, each.longitude) for each in await list_places(town)]
    assert stored == ([] if choice == "no-place" else [HERE])


async def test_one_more_message_does_not_answer_for_a_turned_place(town: Town) -> None:
    """The question stays open until a button is pressed."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says(MORE_SWAPPED[3])
    await ann.says("Trời mưa không ai nhìn thấy nó.")
    assert ann.is_told("feedback.details.swapped")
    await ann.taps(BUTTONS["no-place"])
    await ann.finishes()
    assert not await list_places(town)


@pytest.mark.parametrize("question", ["feedback.area", "feedback.review"])
@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("20.8561, 106.6822", HERE, None),
        (SWAPPED[0], HERE, "swapped"),
        ("48.8566, 2.3522", PARIS, "rejected.place-outside"),
        (UNREADABLE[0], None, "rejected.unreadable-link"),
    ],
)
@pytest.mark.parametrize("act", ["says", "caption"])
async def test_a_place_beside_another_question_is_told_and_kept(
    town: Town,
    question: str,
    text: str,
    place: tuple[float, float] | None,
    told: str | None,
    act: str,
) -> None:
    """However short the message is, and whether it is a text or the caption of a photo."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    await ann.reaches(question)
    if act == "says":
        await ann.says(text)
    else:
        await ann.does("photo", caption=text)
    assert ann.is_told(f"feedback.details.{told}" if told else "late.added")
    assert ann.is_asked("feedback.details" if told == "swapped" else question)
    code = await ann.finishes()
    assert (await town.get_submission(code)).text == f"Ổ gà.\n{text}"
    stored = [each for each in await list_places(town) if each.type == "place"]
    assert [(each.latitude, each.longitude) for each in stored] == ([place] if place else [])


async def test_a_pin_outside_the_city_beside_the_card_is_told(town: Town) -> None:
    """It is kept, as one that is sent in the text is."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    await ann.reaches("feedback.review")
    point = {"latitude": PARIS[0], "longitude": PARIS[1]}
    await post(town, make_update(ann, text=None, location=point))
    assert ann.is_told("feedback.details.rejected.place-outside")
    assert ann.is_asked("feedback.review")
    await ann.finishes()
    stored = [(each.latitude, each.longitude) for each in await list_places(town)]
    assert stored == [PARIS]


@pytest.mark.parametrize("text", ["20.8561, 106.6822", SWAPPED[0], "48.8566, 2.3522"])
async def test_a_place_in_an_answer_is_only_words(town: Town, text: str) -> None:
    """It is no file: a question for words takes it. A link would be refused: it is announced."""
    lan = await town.officer("Lan", role=Role.ORGANISER)
    await lan.says("/newforum")
    await lan.taps("newforum.title.options.usual")
    await lan.taps("newforum.area.options.skip")
    await lan.says(f"Hội trường, {text}")
    assert lan.is_asked("newforum.place")
