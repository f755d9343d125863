"""The texts: every key that the code can use exists in every language, with equal parameters."""

from __future__ import annotations

import re
import unicodedata
from string import Formatter
from typing import Any

import pytest

from bot.areas.former_units import FormerLevel
from bot.areas.units import Level
from bot.casework.actions import ACTIONS, OFFICER_ACTIONS
from bot.casework.case_action import CaseAction
from bot.casework.case_lists import FILTERS
from bot.casework.resident_actions import RESIDENT_ACTIONS
from bot.casework.timeline import PUBLIC_ACTIONS
from bot.channels.telegram.commands import MENU
from bot.core.preferences import QUIET_HOURS, SWITCHES
from bot.core.transitions import Transition
from bot.forums.attendance.rules import MAX_PEOPLE
from bot.forums.planning.actions import ACTIONS as FORUM_ACTIONS
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.texts import LANGUAGES, load_texts
from storage import audit
from storage.models import AttendeeCategory, ForumState, Kind, RemarkKind, Role, State

# What is said of a forum, of one's own place at it, and at its door.
FORUM_KEYS = (
    *("coming", "past", "no_coming", "no_past", "to_coming", "to_past"),
    *("attend", "ticket", "opinion", "rate", "map", "calendar", "news", "hide", "unhide"),
    *("qr", "people", "remind", "cancel", "cancelled"),
    *("is.postponed", "is.cancelled", "mine.registered", "mine.waiting", "mine.attended"),
    *("door.welcome", "door.again", "door.closed", "door.waiting", "door.cancelled"),
    *("promise.kept", "promise.open"),
)
FORUM_ALERTS = (
    *("submit", "approve", "send_back", "not_begun"),
    *("report_due", "report_overdue", "promise_due", "promise_overdue"),
)


def list_action_keys(action: Transition[Any]) -> set[str]:
    """Return the keys that follow from the row of an action."""
    found = {f"mine.events.{action.audit_action}"} if action.public else set()
    if isinstance(action, CaseAction):
        found |= {f"notice.{action.name}"} if action.resident_notice else set()
        found |= {action.officer_notice.text} if action.officer_notice else set()
        found |= {action.alerts.text}
    return found


def list_expected_keys() -> set[str]:
    """Return the keys that follow from the flows, the enums and the tables."""
    found = {f"state.{state}" for state in State} | {f"mine.events.{a}" for a in PUBLIC_ACTIONS}
    found |= {f"commands.{name}" for name in MENU}
    found |= {f"{group}.{level}" for group in ("areas", "police") for level in (*Level, "city")}
    found |= {f"role.{role}" for role in (*Role, audit.RESIDENT, audit.SYSTEM, audit.OPERATOR)}
    found |= {f"case.remark.{kind}" for kind in RemarkKind}
    found |= {f"case.do.{each.verb}" for each in OFFICER_ACTIONS}
    found |= {"case.do.ban", "case.do.unban", "alert.due_soon", "alert.overdue"}
    found |= {key for action in ACTIONS for key in list_action_keys(action)}
    found |= {f"mine.{each.verb}" for each in RESIDENT_ACTIONS}
    found |= {f"files.given_up.{state}" for state in ("too_large", "refused", "failed")}
    found |= {f"settings.{way}.{name}" for way in ("mute", "hear") for name in SWITCHES}
    found |= {f"settings.quiet.{name}" for name in ("none", *QUIET_HOURS)}
    found |= {f"areas.former.{level}" for level in FormerLevel}
    found |= {f"feedback.kind.options.{kind}" for kind in Kind}
    found |= {f"cases.{name}" for name in FILTERS} | {f"cases.to.{name}" for name in FILTERS}
    found |= {f"attend.category.options.{category}" for category in AttendeeCategory}
    found |= {f"attend.people.options.{n + 1}" for n in range(MAX_PEOPLE)}
    found |= {f"forums.{name}" for name in FORUM_KEYS}
    found |= {f"reminder.before.{unit}" for unit in ("days", "hours", "minutes")}
    found |= {f"forum.do.{each.name}" for each in FORUM_ACTIONS}
    found |= {f"announcement.{each.announcement}" for each in FORUM_ACTIONS if each.announcement}
    found |= {f"forum.state.{state}" for state in ForumState}
    found |= {f"forum.alert.{n}" for n in FORUM_ALERTS}
    for binding in FLOW_BINDINGS:
        for step in binding.flow.steps:
            base = f"{binding.flow.name}.{step.name}"
            found |= {f"{base}.{prompt}" for prompt in step.input.prompts}
            found |= {
                reason if "." in reason else f"{base}.rejected.{reason}"
                for reason in step.input.reasons
            }
            if step.editable and not step.input.is_review:
                found.add(f"{base}.title")
        found |= {f"{binding.flow.name}.stopped.cancelled", f"{binding.flow.name}.done"}
        found |= {f"{binding.flow.name}.stopped.{reason}" for reason in binding.forgets}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_expected_key_has_a_text(language: str) -> None:
    """A step without texts fails."""
    assert list_expected_keys() - set(load_texts(language)) == set()


def test_the_languages_have_the_same_keys_and_parameters() -> None:
    """No text is missing in one language."""
    first, *others = (load_texts(language) for language in LANGUAGES)
    for other in others:
        assert set(other) == set(first)
        for key, text in first.items():
            assert list_parameters(text) == list_parameters(other[key]), key


def list_parameters(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_well_formed(language: str) -> None:
    """NFC, tags closed within their line, no double spaces, no ampersand.

    An expandable quotation holds several lines. Its text is never so long that it is split.
    """
    for key, text in load_texts(language).items():
        assert text == unicodedata.normalize("NFC", text), key
        assert "  " not in text, key
        quoted = re.search("<blockquote expandable>(.*?)</blockquote>", text, re.DOTALL)
        assert text.count("blockquote") == (2 if quoted else 0), key
        for line in re.sub("</?blockquote[^>]*>", "", text).splitlines():
            opened = re.findall(r"<(\w+)>", line)
            closed = re.findall(r"</(\w+)>", line)
            assert sorted(opened) == sorted(closed), key
        assert "&" not in text, key


def test_texts_address_residents_formally() -> None:
    """They say ông/bà and have no abbreviations, as wording.md requires."""
    for key, text in load_texts("vi").items():
        assert not re.search(r"\b(bạn|anh/chị|CAP|ANTT|CATP)\b", text), key
