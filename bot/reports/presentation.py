"""The form of an export for people: titles of columns, labels, local times, widths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from bot.areas.units import name_police, name_unit
from bot.core.visible_text import remove_direction_marks
from bot.texts import VIETNAMESE, load_texts

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.core.screen import Words

# Columns whose values have labels: the beginning of the texts' keys.
_LABELS = {
    "kind": "feedback.kind.options",
    "topics": "feedback.topic.options",
    "identity": "export.identity",
    "actor_role": "role",
    "erased_because": "export.erased_because",
    "language": "export.language",
    "hall": "export.hall",
    "opinions": "state",
}
_AREA_COLUMNS = frozenset({"unit_code", "area"})
_POLICE_COLUMNS = frozenset({"handled_by", "host_unit"})  # the police of an area
# The names of the one time zone of Vietnam in the database of zones.
_VIETNAMESE_ZONES = frozenset({"Asia/Ho_Chi_Minh", "Asia/Saigon"})
_TIME_COLUMNS = frozenset({"at", "opinions_until"})
# Columns that a spreadsheet must not turn into numbers.
TEXT_COLUMNS = frozenset({"code", "phone", "chat_id", "forum", "digest"})
_WIDTHS = {"text": 60, "minutes": 60, "title": 40, "agenda": 40, "promises": 40, "attachments": 30}
_USUAL_WIDTH, _TIME_WIDTH = 20, 18  # characters
_NATIONAL = re.compile(r"^\+84(?=\d)")


def is_time_column(name: str) -> bool:
    """Return True if the values of a column are times."""
    return name in _TIME_COLUMNS or name.endswith("_at")


def get_width(name: str) -> int:
    """Return the width of a column in characters."""
    return _TIME_WIDTH if is_time_column(name) else _WIDTHS.get(name, _USUAL_WIDTH)


@dataclass(frozen=True)
class Presentation:
    """Shows an export in Vietnamese, with times in the city's time zone.

    `state_labels` is the beginning of the keys of the labels in the column "state". `subject`, such
    as "forums", decides the name of the sheet.
    """

    zone: ZoneInfo
    state_labels: str = "state"
    subject: str = "submissions"

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        return load_texts(VIETNAMESE)

    def get_title(self, name: str) -> str:
        """Return the title of a column; the title of a time names the time zone."""
        title = self._texts.get(f"export.columns.{name}", name)
        return f"{title} ({self.name_zone()})" if is_time_column(name) else title

    def name_zone(self) -> str:
        """Return the Vietnamese name of the time zone; its offsets from UTC if it has none.

        A zone with summer time has two offsets: the one in January, and the one in July.
        """
        if self.zone.key in _VIETNAMESE_ZONES:
            return self._texts["export.zone.vietnam"]
        year = datetime.now(self.zone).year
        days = (datetime(year, month, 1, tzinfo=self.zone) for month in (1, 7))
        offsets = dict.fromkeys(f"UTC{day:%z}" for day in days)
        return "/".join(f"{offset[:-2]}:{offset[-2:]}" for offset in offsets)

    @property
    def sheet_name(self) -> str:
        """Return the name of the sheet of a spreadsheet."""
        return self._texts[f"export.sheets.{self.subject}"]

    def show_value(self, name: str, value: Any) -> Any:
        """Return the value of a cell: a text, a number, or a local time without a zone.

        Texts are shown without direction marks.
        """
        shown = self._show_typed_value(name, value)
        return remove_direction_marks(shown) if isinstance(shown, str) else shown

    def _show_typed_value(self, name: str, value: Any) -> Any:
        if value is None or value == "":
            return None
        if is_time_column(name):
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
            return moment.astimezone(self.zone).replace(tzinfo=None, microsecond=0)
        if isinstance(value, bool):
            return self._texts["export.yes" if value else "export.no"]
        if name in _AREA_COLUMNS:
            return self._show_words(name_unit(str(value)))
        if name in _POLICE_COLUMNS:
            return self._show_words(name_police(str(value)))
        if name == "phone":
            return _NATIONAL.sub("0", str(value))
        if name in TEXT_COLUMNS:
            return str(value)
        labels = self.state_labels if name == "state" else _LABELS.get(name)
        return self._show_labelled(labels, value)

    def _show_labelled(self, labels: str | None, value: Any) -> Any:
        """Return a text for one value, for a list, or for numbers by value."""
        if isinstance(value, list):
            return "; ".join(str(self._show_item(labels, each)) for each in value)
        if isinstance(value, dict):
            if labels is None:
                return orjson.dumps(value).decode()
            return "; ".join(f"{self._show_item(labels, key)}: {n}" for key, n in value.items())
        return self._show_item(labels, value)

    def _show_item(self, labels: str | None, value: Any) -> Any:
        if isinstance(value, dict):
            name = value.get("file_name") or value.get("text")
            kind = self._texts.get(f"files.{value.get('type')}", "")
            rest = (value.get("owner"), value.get("due_on"))
            return ", ".join(str(each) for each in (name or kind, *rest) if each)
        if labels is None or not isinstance(value, str):
            return value
        return self._texts.get(f"{labels}.{value}", value)

    def _show_words(self, words: Words | str) -> str:
        if isinstance(words, str):
            return words
        parts = {name: self._show_words(each) for name, each in words.params.items()}  # type: ignore[arg-type] # names of units have only texts
        return self._texts[words.key].format(**parts)
