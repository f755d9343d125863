"""Faults: error responses that tests request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from bot.simulator.api_types import ControlError

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

# "429", "403", "5xx" (502) and "error" (400) are error responses in JSON. "html" is a page in HTML
# instead of JSON. "drop" closes the connection without a response, and "hang" does so when the
# client gives up.
FaultKind: TypeAlias = Literal["429", "403", "5xx", "html", "hang", "drop", "error"]
FaultTime: TypeAlias = Literal["before", "after"]
_STATUSES = {"429": 429, "403": 403, "5xx": 502, "html": 200, "error": 400}
_DESCRIPTIONS = {
    "403": "Forbidden: bot was blocked by the user",
    "5xx": "Bad Gateway",
    "error": "Bad Request: a fault of the simulator",
}


@dataclass(slots=True)
class Fault:
    """A fault, and the requests that it applies to.

    method:      a method of the Bot API; None for every method
    chat_id:     None for every chat
    count:       the number of requests that still get it; None until it is removed
    retry_after: seconds, for the kind "429"
    status:      replaces the usual HTTP status of the kind
    description: replaces the usual description of the kind
    when:        before or after the request is executed
    """

    id: int
    kind: FaultKind
    method: str | None = None
    chat_id: int | None = None
    count: int | None = 1
    retry_after: int = 1
    status: int | None = None
    description: str | None = None
    when: FaultTime = "before"

    def matches(self, method: str, chat_id: object, when: FaultTime) -> bool:
        """Return True if the fault applies to a request. `method` is in lower case."""
        return (
            self.when == when
            and (self.method is None or self.method.lower() == method)
            and (self.chat_id is None or str(self.chat_id) == str(chat_id))
        )

    def build_response(self) -> tuple[int, Json]:
        """Return the HTTP status and the JSON body, for the kinds with a JSON response."""
        status = self.status or _STATUSES[self.kind]
        if self.kind == "429":
            default = f"Too Many Requests: retry after {self.retry_after}"
            more: Json = {"parameters": {"retry_after": self.retry_after}}
        else:
            default, more = _DESCRIPTIONS.get(self.kind, ""), {}
        description = self.description or default
        return status, {"ok": False, "error_code": status, "description": description, **more}

    def as_json(self) -> Json:
        """Return the fault for the control interface, with its remaining count."""
        return {name: getattr(self, name) for name in self.__slots__}


class Faults:
    """The active faults. The oldest one that matches a request is used."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._last = 0

    def add_fault(self, kind: str, **fields: Any) -> Fault:
        """Add a fault; the keyword arguments are the fields of Fault, without `id`.

        Raises ControlError for an unknown `kind` or `when`.
        """
        if kind not in get_args(FaultKind):
            raise ControlError(
                f"no fault {kind!r}: choose of {', '.join(get_args(FaultKind))}", 400
            )
        if fields.get("when", "before") not in get_args(FaultTime):
            raise ControlError("when is 'before' or 'after'", 400)
        self._last += 1
        fault = Fault(self._last, kind, **fields)  # type: ignore[arg-type] # checked above
        self._faults[fault.id] = fault
        return fault

    def match_request(self, method: str, chat_id: object, when: FaultTime) -> Fault | None:
        """Return the fault for a request and reduce its count; None if no fault matches.

        `method` is in lower case.
        """
        if not self._faults:
            return None
        for fault in self._faults.values():
            if fault.matches(method, chat_id, when):
                self._reduce_count(fault)
                return fault
        return None

    def _reduce_count(self, fault: Fault) -> None:
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                del self._faults[fault.id]

    def list_faults(self) -> list[Fault]:
        """Return the active faults."""
        return list(self._faults.values())

    def remove_fault(self, fault_id: int) -> None:
        """Remove a fault. Raises ControlError if it is not active."""
        if self._faults.pop(fault_id, None) is None:
            raise ControlError(f"no fault {fault_id}: it was met or removed", 404)

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()
