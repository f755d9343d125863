"""The kinds of question that any conversation can ask."""

from __future__ import annotations

from functools import partial

import pytest

from bot.conversation.engine import (
    Answers,
    Ask,
    Done,
    Flow,
    Option,
    Reply,
    SentFile,
    Step,
    advance,
    go_back,
)
from bot.conversation.inputs import (
    MessageLimits,
    add_late_file,
    choice_input,
    list_files,
    messages_input,
    phone_input,
)

LIMITS = MessageLimits(files=2, characters=40, bytes=1000)
FLOW = Flow(
    "visit",
    (
        Step("story", messages_input("visit.story", LIMITS)),
        Step("end", choice_input("visit.end", "yes")),
    ),
    add_late_reply=partial(add_late_file, step="story", limits=LIMITS),
)
PHONE = Flow("call", (Step("phone", phone_input()),))


def photo(number: int, *, size: int = 10, album: str | None = "album") -> Reply:
    """A photo of an album."""
    file = SentFile("photo", f"id-{number}", f"unique-{number}", album, size=size)
    return Reply(text=f"{number}", attachment=file, message_id=number)


def answer(flow: Flow, *replies: Reply) -> Answers:
    """The answers after some replies."""
    answers: Answers = {}
    for reply in replies:
        turn = advance(flow, answers, reply)
        assert isinstance(turn, Ask | Done), turn
        answers = turn.answers
    return answers


def test_messages_are_gathered_under_the_name_of_any_step() -> None:
    """The question is not bound to a step called "details"."""
    answers = answer(FLOW, Reply(text="one", message_id=1), Reply(text="two", message_id=2))
    assert [each["text"] for each in answers["story.messages"]] == ["one", "two"]
    assert [o.value for o in FLOW.by_name["story"].input.options(answers)] == ["done", "again"]
    again = advance(FLOW, answers, Reply(step="story", choice="again"))
    assert isinstance(again, Ask)
    assert again.answers == {}


def test_messages_stay_gathered_when_the_person_comes_back() -> None:
    """The answer becomes the note of the same step."""
    answers = answer(FLOW, Reply(text="one", message_id=1), Reply(step="story", choice="done"))
    assert [each["text"] for each in go_back(FLOW, answers)["story.messages"]] == ["one"]


def test_a_late_file_of_an_album_joins_the_answer_it_began_in() -> None:
    """Whatever question is open by then."""
    answers = answer(FLOW, photo(1), Reply(step="story", choice="done"), photo(2))
    assert [each.file_id for each in list_files(answers["story"])] == ["id-1", "id-2"]


@pytest.mark.parametrize("late", [photo(3), photo(3, size=2000)], ids=["too-many", "too-large"])
def test_a_late_file_over_the_limits_is_no_answer(late: Reply) -> None:
    """The open question is asked again; no error is raised."""
    answers = answer(FLOW, photo(1), photo(2), Reply(step="story", choice="done"))
    turn = advance(FLOW, answers, late)
    assert isinstance(turn, Ask)
    assert turn.step.name == "end"
    assert turn.answers == answers
    assert turn.rejected is not None


@pytest.mark.parametrize(
    "typed",
    [
        "0844666531",
        "844666531",
        "+84 84 466 6531",
        "0084 844 666 531",
        "(084) 466-6531",
        "０８４４６６６５３１",
    ],
)
def test_ways_to_type_a_phone_number_are_one_number(typed: str) -> None:
    """It is stored as E.164."""
    assert advance(PHONE, {}, Reply(text=typed)) == Done({"phone": "+84844666531"})


@pytest.mark.parametrize("shared", ["+84844666531", "84844666531", "0844666531"])
def test_a_shared_phone_number_is_the_same_number(shared: str) -> None:
    """A messenger may leave out the plus of an international number."""
    assert advance(PHONE, {}, Reply(phone=shared)) == Done({"phone": "+84844666531"})


@pytest.mark.parametrize(
    ("reply", "stored"),
    [
        (Reply(text="+1 (201) 555-0123"), "+12015550123"),
        (Reply(phone="12015550123"), "+12015550123"),
        (Reply(text="+33 6 12 34 56 78"), "+33612345678"),
        (Reply(text="0225 3842 123"), "+842253842123"),
    ],
)
def test_foreign_numbers_and_landlines_are_taken(reply: Reply, stored: str) -> None:
    """A number of another country needs its plus when it is typed."""
    assert advance(PHONE, {}, reply) == Done({"phone": stored})


@pytest.mark.parametrize(
    "typed",
    ["113", "12345", "0844666531234567", "+999 123 456 789", "mai 0844666531", "", "+", "-"],
)
def test_what_cannot_be_a_phone_number_is_refused(typed: str) -> None:
    """Too short, too long, of no country, or with words."""
    turn = advance(PHONE, {}, Reply(text=typed))
    assert isinstance(turn, Ask)
    assert turn.rejected is not None
    assert turn.rejected.reason == "not-a-phone"


def test_the_number_of_another_person_is_refused() -> None:
    """Only one's own contact can be shared."""
    turn = advance(PHONE, {}, Reply(phone="+84844666531", phone_of_another=True))
    assert isinstance(turn, Ask)
    assert turn.rejected is not None
    assert turn.rejected.reason == "someone-elses"


def test_a_choice_is_valid_only_among_its_values() -> None:
    """A draft may be older than the choices."""
    question = choice_input("visit.end", "yes")
    assert question.is_valid("yes", {})
    assert not question.is_valid("maybe", {})
    assert isinstance(question.options({})[0], Option)
