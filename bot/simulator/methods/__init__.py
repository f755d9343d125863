"""The methods of the Bot API that the simulator models, by name.

`getUpdates` waits, and is in `polling`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.methods import asking, editing, hooks, profile, sending

if TYPE_CHECKING:
    from bot.simulator.methods.table import Method

METHODS: dict[str, Method] = {
    **asking.METHODS,
    **editing.METHODS,
    **hooks.METHODS,
    **profile.METHODS,
    **sending.METHODS,
}
