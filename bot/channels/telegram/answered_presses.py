"""The presses of buttons that Telegram has the answer to, so that none is answered twice."""

from __future__ import annotations

from collections import OrderedDict

_MAX_UPDATES = 10_000  # a redelivered update comes within minutes


class AnsweredPresses:
    """The numbers of the newest updates whose pressed button was answered by this replica.

    Another replica, or a new process, does not know them, and answers once more. Telegram refuses
    that without harm.
    """

    def __init__(self) -> None:
        self._update_ids: OrderedDict[int, None] = OrderedDict()

    def add(self, update_id: int) -> None:
        """Record that Telegram has the answer to the press of an update."""
        self._update_ids[update_id] = None
        if len(self._update_ids) > _MAX_UPDATES:
            self._update_ids.popitem(last=False)

    def __contains__(self, update_id: object) -> bool:
        return update_id in self._update_ids
