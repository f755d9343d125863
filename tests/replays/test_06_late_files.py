"""Kind 6: files that come late: at the review page, after [Gửi], after the end of an addition."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from bot.casework.resident_flows import SUBMISSION_LIMITS
from storage.models import State
from tests.town.casework import set_state

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

NUMBERS = itertools.count(700_000)
QUESTIONS = (
    "feedback.area",
    "feedback.identity",
    "feedback.review",
)


class Album:
    """An album whose files come when the test says so."""

    def __init__(self, person: Person, name: str, size: int = 1000) -> None:
        self.person, self.name, self.size, self.sent = person, name, size, 0

    async def sends_file(self, size: int | None = None, caption: str | None = None) -> None:
        """Send one more file of the album."""
        self.sent += 1
        unique = f"{self.name}-{self.sent}"
        photo = {"file_id": unique, "file_unique_id": unique, "width": 9, "height": 9}
        user = {"id": self.person.id, "is_bot": False, "first_name": self.person.name}
        number = next(NUMBERS)
        message: dict[str, Any] = {
            "message_id": number,
            "date": 1_790_000_000,
            "chat": {"id": self.person.id, "type": "private", "first_name": self.person.name},
            "from": user,
            "media_group_id": self.name,
            "photo": [{**photo, "file_size": size or self.size}],
        }
        if caption is not None:
            message["caption"] = caption
        await self.person.does("update", {"update_id": 80_000_000 + number, "message": message})


async def list_files(town: Town) -> list[dict[str, Any]]:
    """Return the files of the only submission, in order."""
    (record,) = await town.export_submissions()
    return list(record["attachments"])


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("act", ["photo", "document"])
async def test_a_file_at_a_later_question_is_kept(town: Town, question: str, act: str) -> None:
    """The person is told that it was added; the same question is open."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Mất xe đạp ở chợ.")
    await ann.reaches(question)
    await ann.does(act)
    assert ann.is_told("late.added")
    assert ann.is_asked(question)
    if question == "feedback.review":
        await ann.taps("feedback.review.options.submit")
    assert (await town.read_answers(ann.id)) == {} or not await town.export_submissions()
    if question == "feedback.review":
        assert len(await list_files(town)) == 1


async def test_a_file_too_many_is_refused_aloud(town: Town) -> None:
    """At the review page, with the reason; the files before are kept."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Mất xe đạp ở chợ.")
    for _ in range(SUBMISSION_LIMITS.files):
        await ann.does("photo")
    await ann.reaches("feedback.review")
    await ann.does("photo")
    assert ann.is_told("late.too-many")
    await ann.taps("feedback.review.options.submit")
    assert len(await list_files(town)) == SUBMISSION_LIMITS.files


async def test_a_file_too_large_is_refused_aloud(town: Town) -> None:
    """At the review page, and after the submission."""
    ann = town.resident("Ann")
    album = Album(ann, "a1")
    await ann.begins()
    await ann.says("Mất xe đạp ở chợ.")
    await album.sends_file()
    await ann.reaches("feedback.review")
    await album.sends_file(size=SUBMISSION_LIMITS.file_bytes + 1)
    assert ann.is_told("late.too-large")
    await ann.taps("feedback.review.options.submit")
    await album.sends_file(size=SUBMISSION_LIMITS.file_bytes + 1)
    assert ann.is_told("late.not_stored")
    assert len(await list_files(town)) == 2  # the first one is named to the officer


@pytest.mark.parametrize("late", [1, 3])
async def test_a_file_of_an_album_after_submission_is_kept(town: Town, late: int) -> None:
    """It joins the submission that the album began in; the resident and the officer are told."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    album = Album(ann, "a1")
    await ann.begins()
    await album.sends_file(caption="Ảnh ở chợ.")
    code = await ann.finishes()
    for _ in range(late):
        await album.sends_file()
    assert ann.count_told("late.added_to") == late
    assert ann.count_heard(code) > late
    assert officer.was_told("alert.added")
    assert [file["album"] for file in await list_files(town)] == ["a1"] * (late + 1)
    album.sent -= 1
    await album.sends_file()  # the same file once more
    assert len(await list_files(town)) == late + 1


async def test_two_albums_at_once(town: Town) -> None:
    """One began in the submission, the other in the next draft; each file goes where it belongs."""
    ann = town.resident("Ann")
    first, second = Album(ann, "a1"), Album(ann, "a2")
    await ann.begins()
    await first.sends_file(caption="Ảnh ở chợ.")
    await second.sends_file()
    await ann.finishes()
    third = Album(ann, "a3")
    await ann.begins()
    for album in (third, first, second, third):
        await album.sends_file()
    assert [file["album"] for file in await list_files(town)] == ["a1", "a2", "a1", "a2"]
    gathered = (await town.read_answers(ann.id))["details"]
    assert [each["file"]["album"] for each in gathered] == ["a3", "a3"]


async def test_a_file_after_the_end_of_an_addition_is_kept(town: Town) -> None:
    """It joins the addition; words beside it are an addition of their own."""
    ann = town.resident("Ann")
    code = await ann.gives("Mất xe đạp ở chợ.")
    album = Album(ann, "a1")
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.addition")
    await album.sends_file()
    await ann.taps("addition.details.options.done")
    await album.sends_file()
    await album.sends_file(caption="Biển số xe ở góc.")
    assert ann.count_told("late.added_to") == 2
    assert len(await list_files(town)) == 3


async def test_a_late_file_of_a_withdrawn_submission_is_refused_aloud(town: Town) -> None:
    """It is not kept, and the resident is told why."""
    ann = town.resident("Ann")
    album = Album(ann, "a1")
    await ann.begins()
    await album.sends_file(caption="Ảnh ở chợ.")
    code = await ann.finishes()
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.withdraw")
    await ann.taps("mine.withdraw")
    await album.sends_file()
    assert ann.is_told("late.closed")
    assert len(await list_files(town)) == 1


async def test_an_album_of_another_resident_is_not_touched(town: Town) -> None:
    """The number of an album counts only together with its resident."""
    ann, bao = town.resident("Ann"), town.resident("Bao")
    hers, his = Album(ann, "a1"), Album(bao, "a1")
    await ann.begins()
    await hers.sends_file(caption="Ảnh ở chợ.")
    await ann.finishes()
    await his.sends_file()
    assert not bao.was_told("late.added_to")
    assert len(await list_files(town)) == 1


# A message right after the receipt


@pytest.mark.parametrize("kind", ["photo", "document", "video", "voice", "album", "text"])
@pytest.mark.parametrize("identity", ["channel", "unnamed"])
async def test_what_comes_right_after_the_receipt_can_be_added(
    town: Town, kind: str, identity: str
) -> None:
    """The first button adds it to the opinion just given; nothing is recorded before."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Mất xe đạp ở chợ.", identity=identity)
    town.advance(minutes=5)
    album = Album(ann, "late")
    if kind == "album":
        for _ in range(3):
            await album.sends_file()
    elif kind == "text":
        await ann.says("Xe màu đỏ.")
    else:
        await ann.does(kind)
    assert ann.was_told("feedback.offer.recent")
    assert ann.buttons[0] == f"Bổ sung vào {code}"
    assert len(await list_files(town)) == 0
    await ann.taps(f"Bổ sung vào {code}")
    assert ann.is_told("feedback.added")
    assert officer.is_told("alert.added")
    expected = {"album": 3, "text": 0}.get(kind, 1)
    assert len(await list_files(town)) == expected
    await ann.says(f"/tracuu {code}")
    assert ann.is_told("mine.remark.addition")
    if kind == "album":
        await album.sends_file()
        assert ann.is_told("late.added_to")
        assert len(await list_files(town)) == 4


async def test_what_comes_after_the_receipt_may_be_a_new_opinion(town: Town) -> None:
    """The second button; or nothing at all, by the third."""
    ann = town.resident("Ann")
    await ann.gives("Mất xe đạp ở chợ.")
    await ann.does("photo")
    await ann.taps("feedback.offer.options.yes")
    assert ann.is_asked("feedback.area")
    await ann.says("/huy")
    await ann.does("photo")
    await ann.taps("feedback.offer.options.no")
    assert ann.is_told("feedback.stopped.not_meant")
    assert len(await list_files(town)) == 0


@pytest.mark.parametrize("end", ["withdrawn", "long ago", "another person"])
async def test_an_opinion_that_takes_nothing_is_not_offered(town: Town, end: str) -> None:
    """Withdrawn; given more than 15 minutes ago; given by somebody else."""
    ann = writer = town.resident("Ann")
    code = await ann.gives("Mất xe đạp ở chợ.")
    if end == "withdrawn":
        await ann.says(f"/tracuu {code}")
        await ann.taps("mine.withdraw")
        await ann.taps("mine.withdraw")
    elif end == "long ago":
        town.advance(minutes=16)
    else:
        writer = town.resident("Bao")
    await writer.does("photo")
    assert writer.is_asked("feedback.consent" if writer is not ann else "feedback.area")
    assert not any("Bổ sung" in label for label in writer.buttons)


async def test_an_opinion_that_was_closed_meanwhile_takes_nothing(town: Town) -> None:
    """The person is told so; nothing is stored."""
    ann = town.resident("Ann")
    code = await ann.gives("Mất xe đạp ở chợ.")
    await ann.does("photo")
    await set_state(town, State.REJECTED, closed_at=town.now)
    await ann.taps(f"Bổ sung vào {code}")
    assert ann.is_told("replied.closed")
    assert len(await list_files(town)) == 0


async def test_an_edit_of_what_was_added_is_a_correction(town: Town) -> None:
    """It belongs to the opinion that it was added to."""
    ann = town.resident("Ann")
    code = await ann.gives("Mất xe đạp ở chợ.")
    await ann.says("Xe màu đỏ.")
    await ann.taps(f"Bổ sung vào {code}")
    await ann.edits("Xe màu đỏ.", "Xe màu xanh.")
    assert ann.is_told("edit.added")
    assert code in ann.sees


async def test_a_voice_added_to_an_unnamed_opinion_brings_a_warning(town: Town) -> None:
    """As in a new opinion; a named one has none."""
    ann, bao = town.resident("Ann"), town.resident("Bao")
    await ann.gives("Mất xe đạp ở chợ.", identity="unnamed")
    await bao.gives("Mất xe đạp ở chợ.")
    for person in (ann, bao):
        await person.does("voice")
    assert ann.is_told("warning.voice")
    assert not bao.is_told("warning.voice")
