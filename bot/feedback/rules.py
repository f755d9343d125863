"""What is decided about an opinion: pure functions of the answers, of settings and of `now`."""

from __future__ import annotations

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import join_texts
from storage.models import Identity, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


# The version of the data-protection notice in bot/texts. Whoever changes what it says raises it,
# and everybody is asked again.
NOTICE_VERSION = "2026-12"


def fingerprint_text(answers: Mapping[str, Any]) -> str:
    """A short mark of the text: an answer that bears it is about this text and no other."""
    text = join_texts(answers.get("details", ()))
    return blake2s(text.encode(), digest_size=4).hexdigest()


def get_kind(answers: Mapping[str, Any]) -> Kind | None:
    """The kind that was chosen or, by who was unsure, confirmed for the text as it is now."""
    kind, _, mark = str(answers.get("seems", "")).partition("-")
    if answers.get("kind") == Kind.UNSURE and kind and mark == fingerprint_text(answers):
        return Kind(kind)
    return Kind(answers["kind"]) if "kind" in answers else None


def has_a_formal_path(answers: Mapping[str, Any]) -> bool:
    """Complaints and denunciations have a procedure that a chat cannot replace."""
    return get_kind(answers) in _FORMAL


def may_be_named(answers: Mapping[str, Any]) -> bool:
    """A denunciation is taken as reference information only, and without a name."""
    return get_kind(answers) is not Kind.DENUNCIATION


def gives_phone(answers: Mapping[str, Any]) -> bool:
    """The resident chose to be reached by telephone."""
    return may_be_named(answers) and answers.get("identity") == Identity.PHONE


def get_identity(answers: Mapping[str, Any]) -> Identity:
    """How the resident is known; unnamed where it was not asked."""
    return Identity(answers["identity"]) if may_be_named(answers) else Identity.UNNAMED


_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})
