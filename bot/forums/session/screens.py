"""Screens of a session: the submissions for a forum, and the next submission to present."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_unit
from bot.classification.personal_data import hide_personal_data
from bot.core.screen import Button, Lines, Screen, Words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.forums.session.views import NextSubmission, SessionProgress, SubmissionPage
    from storage.models import Forum, Submission

_LONG = 3000  # characters of a submission in a session; the whole text is in its case
_EXCERPT = 200  # characters of a submission in a list


def show_submissions(page: SubmissionPage) -> Screen:
    """Return the submissions for a forum under the points of its agenda."""
    paragraphs = [Words("forum.opinions_of", {"title": page.forum.title})]
    buttons = []
    for point, submissions in page.groups:
        lines = tuple(
            Words(
                "forum.opinion",
                {
                    "code": submission.code,
                    "text": _shorten(" ".join(_get_text(submission).split())),
                },
            )
            for submission in submissions
        )
        heading = Words("forum.other_opinions") if point is None else point
        paragraphs.append(Words("forum.group", {"point": heading, "lines": Lines(lines)}))
        if page.can_open_cases:
            buttons += [_make_case_button(submission) for submission in submissions]
    if page.hidden_count:
        paragraphs.append(Words("forum.kept_opinions", {"count": page.hidden_count}))
    if page.next_skip:
        data = f"forum:opinions={page.forum.code}.{page.next_skip}"
        buttons.append(Button(Words("forums.more"), data))
    return Screen(tuple(paragraphs), tuple(buttons))


def _get_text(submission: Submission) -> str:
    """Return a submission's text, without personal data if its resident wants them hidden.

    A session is public: what it shows is read out, and is copied into the minutes.
    """
    text = submission.text
    return hide_personal_data(text) if submission.hides_personal else text


def _shorten(text: str, limit: int = _EXCERPT) -> str:
    return text if len(text) <= limit else f"{text[:limit].rstrip()}…"


def _make_case_button(submission: Submission) -> Button:
    label = Words("forum.see", {"code": submission.code})
    return Button(label, f"case:open={submission.code}")


def show_next_submission(shown: NextSubmission) -> Screen:
    """Return the next submission, its buttons, and the progress of the session."""
    forum, submission = shown.forum, shown.submission
    progress = _describe_progress(shown.progress)
    buttons = [
        Button(Words("hall.spoken"), f"hall:spoken={forum.code}"),
        Button(Words("hall.page"), f"forum:refresh={forum.code}"),
    ]
    if submission is None:
        return Screen((Words("hall.none"), progress), tuple(buttons))
    if shown.can_open_case:
        buttons.insert(0, _make_case_button(submission))
    argument = f"{forum.code}.{submission.id}"
    actions = ("answer", "left", "next") if shown.answerable else ("left", "next")
    outcomes = (Button(Words(f"hall.{name}"), f"hall:{name}={argument}") for name in actions)
    words = Words(
        "hall.one",
        {
            "point": shown.point or Words("forum.other_opinions"),
            "code": submission.code,
            "kind": Words(f"feedback.kind.options.{submission.kind}"),
            "area": name_unit(submission.unit_code),
            "text": _shorten(_get_text(submission), _LONG),
        },
    )
    return Screen((words, progress), (*outcomes, *buttons))


def _describe_progress(progress: SessionProgress) -> Words:
    return Words(
        "hall.numbers",
        {
            "answered": progress.answered,
            "left": progress.left,
            "to_come": progress.to_come,
            "came": progress.came,
            "seats": progress.seats,
        },
    )


def show_entered(
    forum: Forum, submission: Submission, token: str, zone: ZoneInfo, *, is_planner: bool
) -> Screen:
    """Return the confirmation of an oral submission, for the person who entered it.

    Its buttons send the QR code with the claim's `token` and start another oral submission. If the
    person `is_planner`, a button shows the next submission. Days are in `zone`.
    """
    arguments = {"qr": token, "spoken": forum.code}
    if is_planner:
        arguments["next"] = f"{forum.code}.0"
    buttons = tuple(
        Button(Words(f"hall.{action}"), f"hall:{action}={argument}")
        for action, argument in arguments.items()
    )
    due_on = submission.due_at.astimezone(zone).date()
    return Screen((Words("hall.entered", {"code": submission.code, "due": due_on}),), buttons)


def show_answer_stored(forum: Forum, submission: Submission) -> Screen:
    """Return the confirmation of an answer, with the button to the next submission."""
    button = Button(Words("hall.next"), f"hall:next={forum.code}.{submission.id}")
    return Screen((Words("hall.kept", {"code": submission.code}),), (button,))
