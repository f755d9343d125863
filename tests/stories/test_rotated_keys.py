"""The operator's key is changed three times while residents and officers go on."""

from __future__ import annotations

import asyncio
import contextlib
import io
from typing import TYPE_CHECKING

from PIL import Image

from bot.privacy.encryption import make_key
from storage.models import Consent, Conversation, Resident, Role
from tests.town.casework import accept_case, answer_case, open_case
from tests.town.forums import CODE, publish_forum, register_for_forum
from tests.town.keys import list_needed_keys, restart_replica, rotate
from tests.town.settings import KEY
from tests.town.texts import contains_text
from tests.town.town import open_town

if TYPE_CHECKING:
    from tests.town.person import Person


async def give_with_photo(person: Person) -> str:
    """Submit an opinion with a photo; return its code."""
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(buffer, "JPEG")
    await person.begins()
    await person.does("document", content=buffer.getvalue(), file_name="a.jpg", caption="Xe đậu")
    return await person.finishes()


async def test_the_key_changes_three_times_and_nobody_notices(database_url: str) -> None:
    """Two replicas are restarted one by one; the rotation runs while people write and read."""
    async with open_town(database_url, replicas=2) as town, contextlib.AsyncExitStack() as stack:
        officer = await town.officer("Binh")
        leader = await town.officer("Chi", role=Role.APPROVER)
        ann, ben, eve = (town.resident(name) for name in ("Ann", "Ben", "Eve"))
        codes = [await give_with_photo(ann), await ann.gives("Kín", identity="unnamed")]
        await publish_forum(town)
        await register_for_forum(ben)
        await officer.says("/duty on")
        key = KEY
        for number in range(3):
            old, key = key, make_key()
            # A draft is open when the first replica is restarted with both keys.
            await ann.begins()
            await ann.says(f"Vỉa hè số {number}")
            await restart_replica(town, stack, 1, key, old)
            newcomer = town.resident(f"Dan {number}")
            await newcomer.says("/feedback", to=town.replica(1))
            await newcomer.taps("feedback.consent.options.agree", to=town.replica(1))
            await newcomer.says("Mới đến", to=town.replica(0))
            new_code = await newcomer.finishes()
            await restart_replica(town, stack, 0, key, old)
            # The rotation runs while somebody submits, somebody reads and somebody works.
            rotation = asyncio.create_task(rotate(town))
            code = await ann.finishes()
            await ben.says("/mine")
            await open_case(officer, codes[0])
            result = await rotation
            codes.append(code)
            assert not result.unreadable
            assert result.is_finished
            assert await list_needed_keys(town) == {0}
            for replica in (0, 1):
                await restart_replica(town, stack, replica, key)
            # Everybody finds what is theirs.
            for each in codes:
                await ann.says(f"/tracuu {each}", to=town.replica(number % 2))
                assert ann.is_told("mine.one")
            await newcomer.says(f"/tracuu {new_code}", to=town.replica(1))
            assert newcomer.is_told("mine.one")
            await accept_case(officer, code)
            answers = ann.count_heard("Đã sửa.")
            await answer_case(officer, leader, code)
            assert ann.count_heard("Đã sửa.") == answers + 1
            await ben.says(f"/start forum_{CODE}")
            assert not ben.is_offered("forums.attend")
            photos = len([each for each in officer.messages if "document" in each])
            await open_case(officer, codes[0])
            assert len([each for each in officer.messages if "document" in each]) == photos + 1
            await eve.says("/feedback")
        assert await town.count_rows(Resident) == 5  # Ann twice, and three newcomers
        assert await town.count_rows(Consent) == 5  # of Ann, Ben, and three newcomers
        assert await town.count_rows(Conversation) == 8  # Eve and the officers have one, too
        for person in (ann, ben, officer, leader, eve):
            assert not any(contains_text(text, "errors.failed") for text in person.heard)
