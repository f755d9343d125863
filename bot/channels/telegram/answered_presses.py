"""The presses of buttons that were answered to Telegram, so that none is answered twice."""

from __future__ import annotations

from collections import OrderedDict

_MAX_UPDATES = 10_000  # a redelivered update comes within minutes


class AnsweredPresses:
    """The ids of the newest updates whose pressed button was answered by this replica.

    `update_id in presses` is True if the press of this update was answered. Another replica, or a
    new process, does not know that, and answers once more. Telegram refuses that without harm.
    """

    def __init__(self) -> None:
        self._update_ids: OrderedDict[int, None] = OrderedDict()

    def add(self, update_id: int) -> None:
        """Record that the press of an update was answered; forget the oldest update of too many."""
        self._update_ids[update_id] = None
        if len(self._update_ids) > _MAX_UPDATES:
            self._update_ids.popitem(last=False)

    def __contains__(self, update_id: object) -> bool:
        return update_id in self._update_ids
