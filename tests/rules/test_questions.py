"""The kinds of questions that any conversation can ask."""

from __future__ import annotations

import pytest

from bot.conversation.engine import Ask, Done, advance, go_back
from bot.conversation.flow import Answers, Flow, LateReply, Option, Step
from bot.conversation.inputs import (
    MessageLimits,
    add_late_message,
    choice_input,
    list_files,
    messages_input,
    phone_input,
)
from bot.conversation.reply import Reply, SentFile
from bot.core.screen import Words

LIMITS = MessageLimits(files=2, characters=40, file_bytes=1000)


def add_late(answers: Answers, late: LateReply) -> Answers | None:
    """Return the answers with a late file or a late sentence as part of the story."""
    gathered = answers.get("story")
    if gathered is None or late.reply.step is not None or late.reply.message_id is None:
        return None
    return {**answers, **add_late_message(list(gathered), late.reply, LIMITS, step="story")}


FLOW = Flow(
    "visit",
    (
        Step("story", messages_input("visit.story", LIMITS)),
        Step("end", choice_input("visit.end", "yes")),
    ),
    add_late_reply=add_late,
)
PHONE = Flow("call", (Step("phone", phone_input()),))


def make_photo(number: int, *, size: int = 10, album: str | None = "album") -> Reply:
    """Return a reply with a photo; `size` is in bytes."""
    file = SentFile("photo", f"id-{number}", f"unique-{number}", album, size=size)
    return Reply(text=f"{number}", attachment=file, message_id=number)


def collect_answers(flow: Flow, *replies: Reply) -> Answers:
    """Return the answers of a flow after some replies, each of which must be accepted."""
    answers: Answers = {}
    for reply in replies:
        turn = advance(flow, answers, reply)
        assert isinstance(turn, Ask | Done), turn
        answers = turn.answers
    return answers


def test_messages_are_collected_under_the_name_of_their_step() -> None:
    """The question does not need a step named details."""
    answers = collect_answers(
        FLOW, Reply(text="one", message_id=1), Reply(text="two", message_id=2)
    )
    assert [each["text"] for each in answers["story.messages"]] == ["one", "two"]
    assert [o.value for o in FLOW.by_name["story"].input.options(answers)] == ["done", "again"]
    again = advance(FLOW, answers, Reply(step="story", choice="again"))
    assert isinstance(again, Ask)
    assert again.answers == {}


def test_going_back_keeps_the_collected_messages() -> None:
    """The answer becomes the note of the same step."""
    answers = collect_answers(
        FLOW, Reply(text="one", message_id=1), Reply(step="story", choice="done")
    )
    assert [each["text"] for each in go_back(FLOW, answers)["story.messages"]] == ["one"]


def test_a_late_file_of_an_album_joins_the_other_files() -> None:
    """It joins their answer, whatever question is open."""
    answers = collect_answers(
        FLOW, make_photo(1), Reply(step="story", choice="done"), make_photo(2)
    )
    assert [each.file_id for each in list_files(answers["story"])] == ["id-1", "id-2"]


def test_a_late_sentence_joins_the_story() -> None:
    """It joins the other messages, and the person is told so; the same question is open."""
    answers = collect_answers(
        FLOW, Reply(text="one", message_id=1), Reply(step="story", choice="done")
    )
    turn = advance(FLOW, answers, Reply(text="two", message_id=2))
    assert isinstance(turn, Ask)
    assert [each["text"] for each in turn.answers["story"]] == ["one", "two"]
    assert (turn.step.name, turn.notices) == ("end", (Words("late.added"),))


@pytest.mark.parametrize(
    "late",
    [make_photo(3), make_photo(3, size=2000), Reply(text="x" * 41, message_id=3)],
    ids=["too-many", "too-large", "too-long"],
)
def test_a_late_message_over_the_limits_is_refused(late: Reply) -> None:
    """The open question is asked again; no error is raised."""
    answers = collect_answers(
        FLOW, make_photo(1), make_photo(2), Reply(step="story", choice="done")
    )
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
        "mai 0844666531",
    ],
)
def test_a_typed_phone_number_is_stored_as_e164(typed: str) -> None:
    """However it is typed, the stored number is the same."""
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
def test_foreign_numbers_and_landlines_are_accepted(reply: Reply, stored: str) -> None:
    """A number of another country needs its plus when it is typed."""
    assert advance(PHONE, {}, reply) == Done({"phone": stored})


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        *((typed, "not-a-phone") for typed in ("113", "12345", "", "+", "-", "mai")),
        *((typed, "dead") for typed in ("0844666531234567", "+999 123 456 789", "mai 08446665310")),
    ],
)
def test_an_impossible_phone_number_is_refused(typed: str, reason: str) -> None:
    """It is too short or too long, or of no country."""
    turn = advance(PHONE, {}, Reply(text=typed))
    assert isinstance(turn, Ask)
    assert turn.rejected is not None
    assert turn.rejected.reason == reason


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


AT_ONCE = Flow(
    "visit",
    (
        Step("story", messages_input("visit.story", LIMITS, answers_at_once=True)),
        Step("end", choice_input("visit.end", "yes")),
        Step(
            "place", choice_input("visit.place", "here", "there"), default=lambda _answers: "here"
        ),
    ),
)


def test_the_first_message_can_be_the_answer() -> None:
    """The next question follows at once; nothing has to be pressed."""
    turn = advance(AT_ONCE, {}, Reply(text="one", message_id=1))
    assert isinstance(turn, Ask)
    assert turn.step.name == "end"
    assert [each["text"] for each in turn.answers["story"]] == ["one"]


def test_a_story_that_is_opened_again_takes_several_messages() -> None:
    """It can be started over; the button says that it is complete."""
    answers = collect_answers(AT_ONCE, Reply(text="one", message_id=1))
    opened = go_back(AT_ONCE, answers)
    values = [option.value for option in AT_ONCE.by_name["story"].input.options(opened)]
    assert values == ["done", "again"]


def test_a_step_with_a_default_is_not_asked() -> None:
    """Its answer is the default, unless another one is given."""
    answers = collect_answers(AT_ONCE, Reply(text="one", message_id=1))
    turn = advance(AT_ONCE, answers, Reply(step="end", choice="yes"))
    assert isinstance(turn, Done)
    assert turn.answers["place"] == "here"
    chosen = advance(AT_ONCE, {**answers, "place": "there"}, Reply(step="end", choice="yes"))
    assert isinstance(chosen, Done)
    assert chosen.answers["place"] == "there"
