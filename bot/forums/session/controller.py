"""Buttons of officers who hold a forum, "hall:ACTION=CODE.ID", and the link to claim a submission.

CODE is the forum's, ID the submission's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.requests import Refused, Route, Show, StartFlow, Upload, split_argument
from bot.core.screen import Screen, Words
from bot.feedback import qr_codes
from bot.forums.session import oral_submissions, screens, submission_outcomes, views
from bot.forums.shared import planning_permissions

if TYPE_CHECKING:
    from bot.core.requests import Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork


async def show_next_submission(work: UnitOfWork, request: Request) -> Responses:
    """Show the submission after the one in the argument. Raises Refused."""
    code, submission_id = split_argument(request.argument)
    shown = await views.find_next_submission(work, request.chat.id, code, after=submission_id or 0)
    return Show(screens.show_next_submission(shown), new=not submission_id)


async def start_answer(work: UnitOfWork, request: Request) -> Responses:
    """Start the conversation for an answer that is given in the session. Raises Refused."""
    code, submission_id = split_argument(request.argument)
    facts = await submission_outcomes.begin_answer(
        work.connection, request.chat.id, code, submission_id or 0
    )
    return StartFlow("hall_answer", facts)


async def leave_to_unit(work: UnitOfWork, request: Request) -> Responses:
    """Leave a submission to its unit, and show the next one. Raises Refused."""
    code, submission_id = split_argument(request.argument)
    await submission_outcomes.leave_to_unit(work, request.chat.id, code, submission_id or 0)
    return await show_next_submission(work, request)


async def start_oral_submission(work: UnitOfWork, request: Request) -> Responses:
    """Start the conversation for an oral submission. Raises Refused."""
    code, _number = split_argument(request.argument)
    facts = await oral_submissions.begin_oral_submission(work, request.chat.id, code)
    return StartFlow("hall_spoken", facts)


async def send_claim_code(work: UnitOfWork, request: Request) -> Responses:
    """Send the QR code by which the speaker claims an oral submission. Raises Refused."""
    token = request.argument
    if await oral_submissions.find_claimable(work, token) is None:
        raise Refused(Words("hall.claimed"))
    picture = qr_codes.draw_link_code_png(request.bot_name, oral_submissions.CLAIM_PREFIX + token)
    return Show(Screen((Words("hall.scan"),)), upload=Upload(picture, "qr.png", is_picture=True))


async def start_claim(work: UnitOfWork, request: Request) -> Responses:
    """Start the conversation to claim an oral submission; the argument is its token.

    Raises Refused if it cannot be claimed.
    """
    facts = await oral_submissions.find_claimable(work, request.argument)
    if facts is None:
        raise Refused(Words("claim.gone"))
    return StartFlow("claim", facts)


async def list_submissions(work: UnitOfWork, request: Request) -> Responses:
    """List the submissions for a forum; SKIP of the argument "CODE.SKIP" are left out.

    Raises Refused for a person who does not plan the forum.
    """
    code, skip = split_argument(request.argument)
    page = await views.list_submissions(work, request.chat.id, code, skip=skip or 0)
    if page is None:
        raise Refused(Words(planning_permissions.REFUSED))
    return Show(screens.show_submissions(page), new=skip is None)


async def record_refusal(work: UnitOfWork, request: Request) -> None:
    """Append an audit entry about a refused action."""
    code, _number = split_argument(request.argument)
    action = request.verb.replace("hall:", "hall_").removeprefix("forum:")
    await planning_permissions.record_refusal(work, request.chat.id, action, code)


ROUTES: Routes = {
    "hall:answer": Route(start_answer, record_refusal=record_refusal),
    "hall:left": Route(leave_to_unit, record_refusal=record_refusal),
    "hall:spoken": Route(start_oral_submission, reads_only=True, record_refusal=record_refusal),
    "hall:qr": Route(send_claim_code, reads_only=True, record_refusal=record_refusal),
    "hall:*": Route(show_next_submission, record_refusal=record_refusal),
    "forum:opinions": Route(list_submissions, record_refusal=record_refusal),
    f"start:{oral_submissions.CLAIM_PREFIX}": Route(start_claim, reads_only=True),
}
