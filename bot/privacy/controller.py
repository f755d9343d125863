"""The controller of /mydata: requests of residents about their own data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.requests import Route, Show, StartFlow, Upload
from bot.core.screen import Screen, Words
from bot.privacy import data_requests, screens

if TYPE_CHECKING:
    from bot.core.requests import Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork


async def show_overview(work: UnitOfWork, request: Request) -> Responses:
    """Show how much data is stored about the person, with a button for each possible request."""
    data = await data_requests.load_personal_data(work, request.chat.id)
    return Show(screens.show_overview(data))


async def send_copy(work: UnitOfWork, request: Request) -> Responses:
    """Send all stored data of the person as a JSON file."""
    content = await data_requests.make_copy(work, request.chat.id)
    day = work.now.astimezone(work.policy.zone).date()
    upload = Upload(content, f"{day.isoformat()}.json")
    return Show(Screen((Words("mydata.file"),)), upload=upload)


async def start_correction(_work: UnitOfWork, _request: Request) -> Responses:
    """Start the flow that replaces the stored phone number."""
    return StartFlow("correction", new=False)


async def ask_confirmation(_work: UnitOfWork, request: Request) -> Responses:
    """Ask for confirmation of an erasure or a withdrawal of consent."""
    return Show(screens.ask_confirmation(request.action))


async def erase(work: UnitOfWork, request: Request) -> Responses:
    """Erase the person's data, and show which submissions are kept and why."""
    report = await data_requests.erase_person(work, request.chat.id)
    return Show(screens.show_erasure_report(report, "erase"))


async def withdraw_consent(work: UnitOfWork, request: Request) -> Responses:
    """Withdraw the consent and erase the data; show which submissions are kept and why."""
    report = await data_requests.withdraw_consent(work, request.chat.id)
    return Show(screens.show_erasure_report(report, "withdraw"))


ROUTES: Routes = {
    "/mydata": Route(show_overview, reads_only=True),
    "mydata:copy": Route(send_copy),
    "mydata:correct": Route(start_correction, reads_only=True),
    "mydata:erase": Route(ask_confirmation, reads_only=True),
    "mydata:withdraw": Route(ask_confirmation, reads_only=True),
    "mydata:erase-yes": Route(erase),
    "mydata:withdraw-yes": Route(withdraw_consent),
    "mydata:*": Route(show_overview, reads_only=True),
}
