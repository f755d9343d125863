"""Faults: answers that go wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from bot.simulator.api_types import ControlError

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

FaultKind: TypeAlias = Literal["429", "403", "5xx", "html", "hang", "drop", "error"]
FaultTime: TypeAlias = Literal["before", "after"]
_STATUS = {"429": 429, "403": 403, "5xx": 502, "html": 200, "error": 400}
_DESCRIPTIONS = {
    "403": "Forbidden: bot was blocked by the user",
    "5xx": "Bad Gateway",
    "error": "Bad Request: a fault of the simulator",
}


@dataclass(slots=True)
class Fault:
    """What to answer instead, to which requests, and how often still (None: until removed)."""

    id: int
    kind: FaultKind
    method: str | None = None
    chat_id: int | None = None
    count: int | None = 1
    retry_after: int = 1
    status: int | None = None
    description: str | None = None
    when: FaultTime = "before"

    def meets(self, method: str, chat_id: object, when: FaultTime) -> bool:
        """Whether it is this request's turn."""
        return (
            self.when == when
            and (self.method is None or self.method.lower() == method)
            and (self.chat_id is None or str(self.chat_id) == str(chat_id))
        )

    def answer(self) -> tuple[int, Json]:
        """Status and body, of those that answer in JSON."""
        status = self.status or _STATUS[self.kind]
        if self.kind == "429":
            words = f"Too Many Requests: retry after {self.retry_after}"
            more: Json = {"parameters": {"retry_after": self.retry_after}}
        else:
            words, more = _DESCRIPTIONS.get(self.kind, ""), {}
        description = self.description or words
        return status, {"ok": False, "error_code": status, "description": description, **more}

    def as_json(self) -> Json:
        """As it was asked for, with what is left of its count."""
        return {name: getattr(self, name) for name in self.__slots__}


class Faults:
    """Those that are set; the first that fits a request is its own."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._last = 0

    def add(self, kind: str, **more: Any) -> Fault:
        """Set one; the names are Fault's."""
        if kind not in get_args(FaultKind):
            raise ControlError(
                f"no fault {kind!r}: choose of {', '.join(get_args(FaultKind))}", 400
            )
        if more.get("when", "before") not in get_args(FaultTime):
            raise ControlError("when is 'before' or 'after'", 400)
        self._last += 1
        fault = Fault(self._last, kind, **more)  # type: ignore[arg-type] # checked above
        self._faults[fault.id] = fault
        return fault

    def take(self, method: str, chat_id: object, when: FaultTime) -> Fault | None:
        """The fault of this request, which counts as met; the method's name in lower case."""
        if not self._faults:
            return None
        for fault in self._faults.values():
            if fault.meets(method, chat_id, when):
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                del self._faults[fault.id]

    def all(self) -> list[Fault]:
        """Those that are still to be met."""
        return list(self._faults.values())

    def remove(self, fault_id: int) -> None:
        """Take one away."""
        if self._faults.pop(fault_id, None) is None:
            raise ControlError(f"no fault {fault_id}: it was met or removed", 404)

    def clear(self) -> None:
        """Take all away."""
        self._faults.clear()
