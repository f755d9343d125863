"""The kinds of question that any flow can ask: a choice, messages, a text, a phone, a review.

`texts` is always the key under which the texts of a step are: "flow.step".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.conversation.engine import fingerprint_answers
from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Input, Option, Rejected, StepNotes, Stop
from bot.conversation.meanings import Meaning
from bot.conversation.reply import MAX_PART, Navigation, PlaceProblem, Reply, SentFile
from bot.conversation.turned_places import (
    decide_turned_place,
    describe_turned_place,
    forget_turned_place,
    list_turning_options,
    note_turned_place,
    renew_turned_place,
)
from bot.core.phone_numbers import InvalidPhone, parse_phone_number, parse_shared_number
from bot.core.screen import Words
from bot.core.typed_numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.core.screen import Param

# The moves of a question with an option that ends the conversation.
ONLY_BACK = frozenset({Navigation.BACK})
# The meanings of the values "yes" and "no" of a question.
YES_OR_NO = {"yes": (Meaning.YES,), "no": (Meaning.NO,)}
_OUTSIDE = "place-outside"  # the reason of Rejected for a place that is in no unit
PLACE_REMARKS = (PlaceProblem.UNREADABLE_LINK, _OUTSIDE)
_MAX_PHONE_TEXT = 300  # characters in which a number is looked for


def parse_choice(reply: Reply, options: Iterable[Option]) -> str:
    """Return the value of the pressed button, or of the button whose number was typed.

    Raises Rejected("choose") for any other reply.
    """
    values = [option.value for option in options]
    if reply.choice in values:
        return reply.choice
    number = parse_number((reply.text or "").strip())
    if number is not None and 1 <= number <= len(values):
        return values[number - 1]
    raise Rejected(UNKNOWN_CHOICE)


def choice_input(
    texts: str,
    *values: str,
    stops: Mapping[str, str] | None = None,
    params: Callable[[Answers], Mapping[str, Param]] | None = None,
    meanings: Mapping[str, tuple[Meaning, ...]] | None = None,
) -> Input:
    """Return a question with a button for each of the `values`.

    `stops` has further values that end the conversation, each with the reason of its Stop. `params`
    returns the parameters of the question's text. `meanings` are what typed words can mean to
    choose a value, see Option.
    """
    endings, meant = dict(stops or {}), meanings or {}
    options = tuple(
        Option(value, Words(f"{texts}.options.{value}"), meant.get(value, ()))
        for value in (*values, *endings)
    )

    def parse(reply: Reply, _answers: Answers) -> str:
        value = parse_choice(reply, options)
        if value in endings:
            raise Stop(endings[value])
        return value

    def is_valid(value: Any, _answers: Answers) -> bool:
        return value in values

    return Input(
        parse,
        options=lambda _answers: options,
        is_valid=is_valid,
        reasons=(UNKNOWN_CHOICE,),
        params=params or (lambda _answers: {}),
        moves=ONLY_BACK if endings else frozenset({Navigation.BACK, Navigation.CANCEL}),
    )


def make_message_record(reply: Reply) -> dict[str, Any]:
    """Return a message as the answers store it: {"id": …, "text": …, "file": …}.

    The file may be the place that the text states. Beside another file it is the value "place". The
    value "near" has the codes of the units near that place, and "turned" says that its numbers were
    turned around.
    """
    file = _make_file_record(reply.attachment or reply.place)
    record: dict[str, Any] = {"id": reply.message_id, "text": reply.text or "", "file": file}
    if reply.attachment is not None and reply.place is not None:
        record["place"] = _make_file_record(reply.place)
    if reply.sources:
        record["sources"] = [dict(each) for each in reply.sources]
    if reply.nearby:
        record["near"] = list(reply.nearby)
    if reply.place_problem is PlaceProblem.SWAPPED:
        record["turned"] = True
    return record if reply.original is None else {**record, "original": reply.original}


def _make_file_record(file: SentFile | None) -> dict[str, Any] | None:
    """Return a file as the answers store it; without a title if it has none.

    A replica of the last release knows no titles.
    """
    if file is None:
        return None
    venue = {"title", "address"}
    items = asdict(file).items()
    return {name: value for name, value in items if value is not None or name not in venue}


def list_conversions(messages: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what was written in an old encoding and its conversion, of each such message."""
    return [(each["original"], each["text"]) for each in messages if "original" in each]


def list_sources(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    """Return the sources of messages, each with the beginning of its message; None without any."""
    found = [
        {**source, "part": each["text"][:MAX_PART] or f"[{(each['file'] or {}).get('type', '')}]"}
        for each in messages
        for source in each.get("sources", ())
    ]
    return found or None


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """The limits of one answer.

    - `files`: the number of files.
    - `characters`: the characters of all texts together.
    - `file_bytes`: the bytes of each file.
    """

    files: int
    characters: int
    file_bytes: int


def gather_message(
    messages: list[dict[str, Any]], reply: Reply, limits: MessageLimits, *, note: str
) -> StepNotes:
    """Return a note with the messages of an unfinished step and this one.

    An edited message replaces its earlier version. `note` is the key of the note. Raises Rejected:
    "empty" for a reply without text and file, "too-many" files, "too-long" texts, "too-large" for a
    file. It is stored all the same, so that officers can ask for it. A message with a doubtful
    place is stored too: if it was turned around, a second note asks for it, see turned_places.py;
    else the reason is one of PLACE_REMARKS.
    """
    if reply.text is None and reply.attachment is None:
        raise Rejected("empty")
    if reply.attachment is not None and (reply.attachment.size or 0) > limits.file_bytes:
        noted = StepNotes({note: _add_message(messages, reply, limits)})
        raise Rejected("too-large", noted=noted, megabytes=limits.file_bytes // (1024 * 1024))
    notes = StepNotes({note: _add_message(messages, reply, limits)})
    if reply.place_problem is PlaceProblem.SWAPPED:
        return StepNotes({**notes.changes, **note_turned_place(note, reply)})
    remark = find_place_remark(reply)
    if remark is not None:
        raise Rejected(remark, noted=notes)
    return notes


def find_place_remark(reply: Reply) -> str | None:
    """Return the reason of PLACE_REMARKS that fits the place of a message; None if none does."""
    if reply.place_problem is PlaceProblem.UNREADABLE_LINK:
        return reply.place_problem
    return _OUTSIDE if reply.nearby == () else None


def _add_message(
    messages: list[dict[str, Any]], reply: Reply, limits: MessageLimits
) -> list[dict[str, Any]]:
    message = make_message_record(reply)
    ids = [each["id"] for each in messages]
    if reply.edited and reply.message_id in ids:
        position = ids.index(reply.message_id)
        gathered = [*messages[:position], message, *messages[position + 1 :]]
    else:
        gathered = [*messages, message]
    if len(list_files(gathered)) > limits.files:
        raise Rejected("too-many", most=limits.files)
    if sum(len(each["text"]) for each in gathered) > limits.characters:
        raise Rejected("too-long", limit=limits.characters)
    return gathered


def join_texts(messages: Iterable[Mapping[str, Any]]) -> str:
    """Return the texts of all messages, one below the other, unchanged."""
    return "\n".join(each["text"] for each in messages if each["text"])


def list_files(messages: Iterable[Mapping[str, Any]]) -> list[SentFile]:
    """Return the files of all messages, in order."""
    records = (record for each in messages for record in (each["file"], each.get("place")))
    return [SentFile(**record) for record in records if record]


def add_late_message(
    gathered: list[dict[str, Any]], reply: Reply, limits: MessageLimits, *, step: str
) -> Answers:
    """Return the answer of a `step` that gathers messages with one more, as its changed key.

    Whatever question is open by now: the files of an album arrive one by one, and people write more
    when they see the review page. Raises Rejected for a message over the limits.
    """
    # The caller says or asks what is to be said about its place: another question is open.
    reply = replace(reply, place_problem=None, nearby=reply.nearby or None)
    try:
        return gather_message(gathered, reply, limits, note=step).changes
    except Rejected as rejected:
        late = Rejected(f"late.{rejected.reason}", noted=rejected.noted)
        late.params = rejected.params
        raise late from None


def messages_input(
    texts: str,
    limits: MessageLimits,
    describe_files: Callable[[Answers, list[SentFile]], Mapping[str, Param]] | None = None,
    *,
    needs_text: bool = True,
    answers_at_once: bool = False,
) -> Input:
    """Return a question that gathers messages and files until the button "done" is pressed.

    The answer is a list of records (see make_message_record). Until then they are the note
    "messages" of the step. The button "again" deletes them. `describe_files` returns more
    parameters of the text "more", from the files that were sent so far. Unless it `needs_text`,
    files alone are an answer. With `answers_at_once` each message completes the answer, and the
    next question is asked, unless there is something to say about the message.
    """
    note = f"{texts.rpartition('.')[2]}.messages"
    done = Option("done", Words(f"{texts}.options.done"), (Meaning.DONE, Meaning.SEND))
    again = Option("again", Words(f"{texts}.options.again"), (Meaning.AGAIN,))

    def get_gathered(answers: Answers) -> list[dict[str, Any]]:
        return list(answers.get(note, ()))

    def options(answers: Answers) -> tuple[Option, ...]:
        turned = list_turning_options(note, answers)
        return (*turned, done, again) if get_gathered(answers) else ()

    def parse(reply: Reply, answers: Answers) -> Any:
        gathered = get_gathered(answers)
        if reply.choice == done.value:
            if not gathered or (needs_text and not join_texts(gathered).strip()):
                raise Rejected("no-text" if gathered else "empty")
            return gathered
        if reply.choice == again.value:
            return StepNotes({note: None, **forget_turned_place(note)})
        decided = decide_turned_place(note, reply, answers)
        noted = decided or gather_message(gathered, reply, limits, note=note)
        in_doubt = list_turning_options(note, answers) or noted.changes.keys() != {note}
        return noted if in_doubt or not answers_at_once else noted.changes[note]

    def change_message(edited: Reply, answers: Answers) -> Answers:
        # Its place is stored all the same, and asked about if it was turned around.
        reply = replace(edited, place_problem=None, nearby=None)
        is_answered = note.partition(".")[0] in answers
        key = note.partition(".")[0] if is_answered else note
        changed = gather_message(list(answers[key]), reply, limits, note=key).changes
        if is_answered and needs_text and not join_texts(changed[key]).strip():
            raise Rejected("no-text")
        return _ask_about_edited(note, changed, edited, answers)

    def params(answers: Answers) -> Mapping[str, Param]:
        gathered = get_gathered(answers)
        files = list_files(gathered)
        described = describe_files(answers, files) if describe_files else {}
        counted = {"characters": len(join_texts(gathered)), "files": len(files)}
        return {**counted, **describe_turned_place(note, answers), **described}

    return Input(
        parse,
        options=options,
        prompt=lambda answers: _choose_gathering_prompt(note, answers),
        prompts=("ask", "more", "swapped"),
        params=params,
        to_notes=lambda value: {"messages": value},
        reasons=("empty", "no-text", "too-many", "too-long", "too-large", *PLACE_REMARKS),
        takes_text=True,
        change_message=change_message,
    )


def _ask_about_edited(
    note: str, changed: Mapping[str, Any], edited: Reply, answers: Answers
) -> Answers:
    """Return the `changed` messages; an answered question is open if a place was turned around."""
    key = note.partition(".")[0]
    if key not in changed:
        return {**changed, **renew_turned_place(note, edited, answers)}
    if edited.place_problem is not PlaceProblem.SWAPPED:
        return changed
    return {key: None, note: changed[key], **note_turned_place(note, edited)}


def _choose_gathering_prompt(note: str, answers: Answers) -> str:
    if not answers.get(note):
        return "ask"
    return "swapped" if list_turning_options(note, answers) else "more"


def text_input(texts: str, *, limit: int, optional: bool = False) -> Input:
    """Return a question for one text of at most `limit` characters.

    An `optional` question has a button to skip it; the answer is then "".
    """
    skip = Option("skip", Words(f"{texts}.options.skip"), (Meaning.SKIP, Meaning.NO))
    options = (skip,) if optional else ()

    def parse(reply: Reply, _answers: Answers) -> str:
        if reply.choice is not None:
            parse_choice(reply, options)
            return ""
        if reply.attachment is not None:
            raise Rejected("gather.no_files")
        typed = (reply.text or "").strip()
        if not typed:
            raise Rejected("empty")
        if len(typed) > limit:
            raise Rejected("too-long", limit=limit)
        return typed

    return Input(
        parse,
        options=lambda _answers: options,
        reasons=(UNKNOWN_CHOICE, "empty", "too-long"),
        takes_text=True,
    )


def fact_choice_input(fact: str, texts: str, *others: str) -> Input:
    """Return a question whose options are a fact: `answers[fact]`, a list of [value, label].

    `fact` is the key of a fact, such as "@officers". `others` are further values; their labels are
    in the texts.
    """
    fixed = tuple(Option(value, Words(f"{texts}.options.{value}")) for value in others)

    def options(answers: Answers) -> tuple[Option, ...]:
        return (*(Option(each[0], each[1]) for each in answers.get(fact, ())), *fixed)

    return Input(
        lambda reply, answers: parse_choice(reply, options(answers)),
        options=options,
        reasons=(UNKNOWN_CHOICE,),
    )


def phone_input() -> Input:
    """Return a question for a phone number, typed or shared by the messenger's own button.

    It is stored as E.164, for example "+84844666531".
    """

    def parse(reply: Reply, _answers: Answers) -> str:
        if reply.phone_of_another:
            raise Rejected("someone-elses")
        try:
            if reply.phone is not None:
                return parse_shared_number(reply.phone)
            return parse_phone_number((reply.text or "")[:_MAX_PHONE_TEXT])
        except InvalidPhone as invalid:
            raise Rejected(invalid.reason) from None

    return Input(
        parse,
        reasons=("someone-elses", "not-a-phone", "no-area-code", "dead", "several"),
        sharing=lambda _answers: "contact",
        takes_text=True,
    )


def review_input(texts: str, params: Callable[[Answers], Mapping[str, Param]]) -> Input:
    """Return the review page: it shows all answers, with a button that submits exactly these.

    `params` returns the answers as parameters of the page's text. The button of an older page, with
    other answers, is rejected with the reason "changed".
    """

    def options(answers: Answers) -> tuple[Option, ...]:
        submit = f"submit-{fingerprint_answers(answers)}"
        means = (Meaning.SEND, Meaning.YES, Meaning.DONE)
        return (Option(submit, Words(f"{texts}.options.submit"), means),)

    def parse(reply: Reply, answers: Answers) -> str:
        if (reply.choice or "").startswith("submit-") and reply.choice != options(answers)[0].value:
            raise Rejected("changed")
        return parse_choice(reply, options(answers))

    reasons = (UNKNOWN_CHOICE, "changed")
    return Input(parse, options=options, params=params, is_review=True, reasons=reasons)
