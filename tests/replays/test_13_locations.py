"""Kind 13: a place that is shared, typed or linked, and the moves of a live location."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.areas.coordinates import find_coordinates
from bot.areas.map_links import find_map_position, is_unreadable_link
from storage.models import Attachment, Forum, Role
from storage.statements import table
from tests.replays.test_15_bytes import make_update, post

if TYPE_CHECKING:
    from tests.town.town import Town

LATITUDE, LONGITUDE = 20.8561, 106.6822
HERE, PARIS = (LATITUDE, LONGITUDE), (48.8566, 2.3522)

COORDINATES = [
    "20.8561, 106.6822",
    "20,8561 106,6822",
    "20,8561; 106,6822",
    "20.8561,106.6822",
    "20.8561N 106.6822E",
    "E 106.6822, N 20.8561",
    "vĩ độ 20.8561, kinh độ 106.6822",
    "Tọa độ: (20.8561, 106.6822).",
    "20.8561° Bắc, 106.6822° Đông",
    "20° 51.366' N, 106° 40.932' E",
    "20°51'21.96\"B 106°40'55.92\"Đ",
    "20 độ 51 phút 21,96 giây Bắc, 106 độ 40 phút 55,92 giây Đông",
    "106.6822Đ 20.8561B",
    "106,6822° Đông; 20,8561° Bắc",
    "106°40'55.92\"Đ 20°51'21.96\"B",
    "kinh độ Đông 106.6822, vĩ độ Bắc 20.8561",
    "106 độ 40 phút 55,92 giây Đông, 20 độ 51 phút 21,96 giây Bắc",
    "２０.８５６１, １０６.６８２２",
    "Ổ gà ở 20.8561, 106.6822 rất sâu",
]
LINKS = [
    "https://www.google.com/maps/@20.8561,106.6822,17z",
    "https://maps.google.com/?q=20.8561,106.6822",
    "https://maps.google.com/maps?q=loc:20.8561,106.6822",
    "https://www.google.com/maps/search/?api=1&query=20.8561%2C106.6822",
    "https://www.google.com/maps/place/X/@20.8,106.6,17z/data=!3m1!4b1!8m2!3d20.8561!4d106.6822",
    "https://www.google.com/maps/place/20%C2%B051'21.96%22N+106%C2%B040'55.92%22E/@20.8,106.6,9z",
    "https://www.google.com.vn/maps/dir/20.1,106.1/20.8561,106.6822/",
    "google.com/maps?q=20.8561,106.6822",
    "https://www.openstreetmap.org/?mlat=20.8561&mlon=106.6822#map=17/20.8/106.6",
    "https://www.openstreetmap.org/#map=17/20.8561/106.6822",
    "https://maps.apple.com/?ll=20.8561,106.6822&q=Nha",
    "https://maps.apple.com/place?coordinate=20.8561,106.6822&name=x",
    "geo:20.8561,106.6822?z=17",
    "geo:0,0?q=20.8561,106.6822(Nhà)",
    "https://waze.com/ul?ll=20.8561,106.6822",
    "https://www.bing.com/maps?cp=20.8561~106.6822",
    "Xem https://maps.google.com/?q=20.8561,106.6822 nhé",
]
SWAPPED = ["106.6822, 20.8561", "106,6822 20,8561", "https://maps.google.com/?q=106.6822,20.8561"]
UNREADABLE = [
    "https://maps.app.goo.gl/abcDEF",
    "https://goo.gl/maps/abc",
    "https://www.google.com/maps/place/Cong+an+Hai+Phong",
    "osm.org/go/abc",
    "https://maps.apple/p/abc",
]
NO_PLACES = [
    "20/12/2026 14:00",
    "20.12, 14.30",
    "từ 20,5 đến 106,7",
    "nóng 20.85, 106.68 độ F",
    "giá 20,85; 106,68 nghìn đồng",
    "dài 20.85, 106.68 mét",
    "bàn 12.25 103.75 nhé",
    "điểm 20.75, 10.25 và 9.50",
    "3.000.000, 4.500.000",
    "số 12B, 34Đ",
    "0912.345678, 0912.345679",
    "91.0000, 200.0000",
    "20°61'22\"N 106°40'56\"E",
    "https://example.org/map/20.8561,106.6822",
    "https://google.com/search?q=abc",
    "http://[::1",
]


@pytest.mark.parametrize("text", COORDINATES)
def test_coordinates_are_read(text: str) -> None:
    """In every usual notation, with dot or comma, and with Vietnamese hemispheres."""
    assert find_coordinates(text) == (*HERE, False)


@pytest.mark.parametrize("link", LINKS)
def test_links_to_maps_are_read(link: str) -> None:
    """Not the middle of the visible map if the link names a place."""
    assert find_map_position(link) == (*HERE, False)
    assert not is_unreadable_link(link)


@pytest.mark.parametrize("text", SWAPPED)
def test_exchanged_numbers_are_turned_around(text: str) -> None:
    """Only if the place is in Vietnam the other way round, and not as it was typed."""
    assert (find_map_position(text) or find_coordinates(text)) == (*HERE, True)


@pytest.mark.parametrize("text", NO_PLACES)
def test_other_numbers_are_no_place(text: str) -> None:
    """Dates, amounts, house numbers and other links."""
    assert find_coordinates(text) is None
    assert find_map_position(text) is None
    assert not is_unreadable_link(text)


@given(st.text() | st.from_regex(r"(https?://maps\.google\.com|geo:)[!-~]{0,40}"))
def test_any_text_can_be_read(text: str) -> None:
    """Nothing is raised."""
    assert find_coordinates(text) is None or not find_map_position(text)
    assert is_unreadable_link(text) in {True, False}


async def list_places(town: Town) -> list[Any]:
    """Return the stored places, in order."""
    rows = table(Attachment)
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(rows).order_by(rows.c.id))).all())


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        (COORDINATES[0], HERE, None),
        (COORDINATES[11], HERE, None),
        (LINKS[4], HERE, None),
        (SWAPPED[0], HERE, "swapped"),
        (SWAPPED[2], HERE, "swapped"),
        ("48.8566, 2.3522", PARIS, "rejected.place-outside"),
        ("https://maps.google.com/?q=48.8566,2.3522", PARIS, "rejected.place-outside"),
        (UNREADABLE[0], None, "rejected.unreadable-link"),
        (UNREADABLE[2], None, "rejected.unreadable-link"),
    ],
)
async def test_a_text_that_is_a_place_becomes_evidence(
    town: Town, text: str, place: tuple[float, float] | None, told: str | None
) -> None:
    """The text stays; doubts are told at once, and nothing is lost."""
    officer, ann = await town.officer("Bình"), town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    await ann.says(text)
    if told:
        assert ann.is_told(f"feedback.details.{told}")
    code = await ann.finishes()
    assert (await town.get_submission(code)).text == f"Ổ gà.\n{text}"
    stored = await list_places(town)
    assert [(each.latitude, each.longitude) for each in stored] == ([place] if place else [])
    await officer.taps("alert.open")
    assert any("location" in message for message in officer.messages) == (place is not None)


async def test_a_live_location_is_taken_once(town: Town) -> None:
    """Its moves are no messages; nothing is answered to them."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Xe chạy ẩu.")
    point = {"latitude": LATITUDE, "longitude": LONGITUDE, "live_period": 3600}
    first = make_update(ann, text=None, location=point)
    await post(town, first)
    heard = len(ann.heard)
    for step in (1, 2, 3):
        moved = {**point, "latitude": LATITUDE + step / 1000, "heading": 90}
        message = {**first["message"], "location": moved, "edit_date": 1_790_000_000 + step}
        number = make_update(ann)["update_id"]
        await post(town, {"update_id": number, "edited_message": message})
    stopped = {**first["message"], "location": {"latitude": 20.9, "longitude": 106.7}}
    await post(town, {"update_id": make_update(ann)["update_id"], "edited_message": stopped})
    assert len(ann.heard) == heard
    await ann.finishes()
    (place,) = await list_places(town)
    assert (place.latitude, place.longitude) == HERE


@pytest.mark.parametrize(
    ("title", "address", "stored"),
    [
        ("Chợ Hàng", "Phố Chợ Hàng, Hải Phòng", ("Chợ Hàng", "Phố Chợ Hàng, Hải Phòng")),
        ("Ch\u202eợ\nHàng", "", ("Chợ Hàng", None)),
        ("\0Nhà\ud800", "Ngõ 5\0", ("Nhà", "Ngõ 5")),
        ("x" * 300, "y" * 300, ("x" * 256, "y" * 256)),
        ("\u200b", "Ngõ 5", (None, "Ngõ 5")),
    ],
)
async def test_a_venue_keeps_its_title_and_address(
    town: Town, title: str, address: str, stored: tuple[str | None, str | None]
) -> None:
    """The officer sees them, if there is a title."""
    officer, ann = await town.officer("Bình"), town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    point = {"latitude": LATITUDE, "longitude": LONGITUDE}
    venue = {"location": point, "title": title, "address": address}
    await post(town, make_update(ann, text=None, venue=venue, location=point))
    await ann.finishes()
    (place,) = await list_places(town)
    assert (place.latitude, place.longitude, place.title, place.address) == (*HERE, *stored)
    await officer.taps("alert.open")
    shown = [message["venue"]["title"] for message in officer.messages if "venue" in message]
    assert shown == ([stored[0]] if stored[0] else [])


@pytest.mark.parametrize("text", [COORDINATES[1], COORDINATES[9], LINKS[3], LINKS[9], LINKS[12]])
async def test_the_question_for_the_area_reads_places(town: Town, text: str) -> None:
    """It offers the units near it. A doubt about the place is told, and the message is kept."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    await ann.reaches("feedback.area")
    await ann.says(text)
    assert ann.is_told("feedback.area.near")
    await ann.says(SWAPPED[0])
    assert ann.is_told("feedback.details.swapped")
    await ann.reaches("feedback.area")
    assert ann.is_told("feedback.area.near")
    await ann.says(UNREADABLE[0])
    assert ann.is_told("feedback.details.rejected.unreadable-link")
    assert ann.is_asked("feedback.area")
    await ann.says("48.8566, 2.3522")
    assert ann.is_told("feedback.details.rejected.place-outside")
    assert ann.is_asked("feedback.area")


@pytest.mark.parametrize(
    ("text", "prompt", "place"),
    [
        (COORDINATES[2], None, HERE),
        (LINKS[8], None, HERE),
        (SWAPPED[1], "swapped", HERE),
        (SWAPPED[2], "swapped", HERE),
        ("48.8566, 2.3522", "outside", PARIS),
        ("48.8566N 2.3522E", "outside", PARIS),
    ],
)
async def test_the_place_of_a_forum_may_be_typed(
    town: Town, text: str, prompt: str | None, place: tuple[float, float]
) -> None:
    """A doubtful one is used only after a press."""
    lan = await town.officer("Lan", role=Role.ORGANISER)
    await lan.says("/newforum")
    await lan.taps("newforum.title.options.usual")
    await lan.taps("newforum.area.options.skip")
    await lan.says("Hội trường")
    await lan.says(UNREADABLE[0])
    assert lan.is_told("newforum.place.rejected.unreadable-link")
    await lan.says(text)
    if prompt:
        assert lan.is_told(f"newforum.place.{prompt}")
        await lan.taps("newforum.place.options.keep")
    await lan.says("14h 20/12/2026")
    for answer in ("50", "Phó Giám đốc", "Trộm cắp tài sản"):
        await lan.says(answer)
    await lan.taps("gather.done")
    await lan.taps("feedback.topic.options.right")
    await lan.taps("newforum.invited.options.skip")
    await lan.taps("newforum.until.options.1")
    await lan.taps("newforum.review.options.submit")
    async with town.app.database.reading() as connection:
        (forum,) = (await connection.execute(select(table(Forum)))).all()
    assert (forum.latitude, forum.longitude) == place
