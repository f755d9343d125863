"""Attack 7: a registration is erased while its messages are still under the old key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.forums.attendance.erasure import erase_expired_registrations
from bot.privacy.encryption import make_key
from storage.models import Outbox, Registration
from storage.statements import table
from tests.town.forums import publish_forum, register_for_forum
from tests.town.keys import begin_rotation, restart_with
from tests.town.settings import KEY

if TYPE_CHECKING:
    from tests.town.town import Town

NEW = make_key()


@pytest.mark.parametrize("moved", ["registration", "message"])
async def test_no_message_of_an_erased_registration_stays(town: Town, moved: str) -> None:
    """The rotation has moved one of the two to the new key, and was killed before the other."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    assert await count_messages(town) > 0
    async with restart_with(town, NEW, KEY):
        await begin_rotation(town)
        pseudonyms = town.app.policy.pseudonyms
        new, old = pseudonyms.list_pseudonyms(ann.id, named=True)
        model = Registration if moved == "registration" else Outbox
        column = "alias" if moved == "registration" else "chat_id"
        async with town.app.database.transaction() as connection:
            rows = table(model)
            present = {
                each
                for (each,) in (
                    await connection.execute(rows.select().with_only_columns(rows.c[column]))
                ).all()
            }
            assert present & {new, old}
            await connection.execute(
                rows.update().where(rows.c[column].in_({new, old})).values({column: new})
            )
        town.advance(days=400)
        await erase_expired_registrations(town.app.database, town.app.policy.pseudonyms, town.now)
        assert await count_messages(town) == 0


async def count_messages(town: Town) -> int:
    """Return the number of messages about registrations."""
    rows = table(Outbox)
    async with town.app.database.reading() as connection:
        found = await connection.execute(rows.select().where(rows.c.kind == "attend"))
        return len(found.all())
