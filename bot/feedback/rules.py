"""Rules of the intake: pure functions of the answers that a resident gave so far."""

from __future__ import annotations

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import join_texts
from storage.models import Identity, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


def fingerprint_text(answers: Mapping[str, Any]) -> str:
    """Return a short hash of the submission's text, to see later if the text was changed."""
    text = join_texts(answers.get("details", ()))
    return blake2s(text.encode(), digest_size=4).hexdigest()


def get_kind(answers: Mapping[str, Any]) -> Kind | None:
    """Return the chosen kind of the submission; None before the choice.

    For a resident who chose "unsure" it is the suggested kind that they confirmed for this text.
    """
    kind, _, mark = str(answers.get("seems", "")).partition("-")
    if answers.get("kind") == Kind.UNSURE and kind and mark == fingerprint_text(answers):
        return Kind(kind)
    return Kind(answers["kind"]) if "kind" in answers else None


def has_formal_path(answers: Mapping[str, Any]) -> bool:
    """Return True for complaints and denunciations: the law has a procedure for them."""
    return get_kind(answers) in _FORMAL


def may_have_name(answers: Mapping[str, Any]) -> bool:
    """Return False for a denunciation: the resident is not asked how to be known."""
    return get_kind(answers) is not Kind.DENUNCIATION


def wants_phone_contact(answers: Mapping[str, Any]) -> bool:
    """Return True if the resident chose to be reached by telephone."""
    return may_have_name(answers) and answers.get("identity") == Identity.PHONE


def get_identity(answers: Mapping[str, Any]) -> Identity:
    """Return how the resident wants to be known; unnamed if that was not asked."""
    return Identity(answers["identity"]) if may_have_name(answers) else Identity.UNNAMED


_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})
