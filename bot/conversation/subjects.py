"""The subject of a draft: the case, forum or submission that an open conversation is about.

A draft belongs to its subject. A button of another subject never continues it.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.reply import Reply
    from bot.core.screen import Param

# The facts that name the subject of a conversation.
_SUBJECT_FACTS = ("@code", "@number", "@claim", "@subject", "@forum_code")
# The key of a flow that was asked for while the draft was open; the value is its name and facts.
ASKED = "@asked"


def get_subject(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that name the subject; empty for a conversation about nothing stored."""
    return {name: facts[name] for name in _SUBJECT_FACTS if name in facts}


def hash_subject(facts: Mapping[str, Any]) -> str:
    """Return a hash of the subject, six hexadecimal digits for a button's data; "" without one."""
    subject = get_subject(facts)
    if not subject:
        return ""
    packed = orjson.dumps(subject, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2s(packed, digest_size=3).hexdigest()


def is_of_other_subject(answers: Mapping[str, Any], reply: Reply) -> bool:
    """Return True for a button that was shown for another subject than that of the draft."""
    return reply.step is not None and reply.subject != hash_subject(answers)


def get_code(facts: Mapping[str, Any]) -> str:
    """Return the code of the case, submission or forum of a conversation; "" without one."""
    return str(facts.get("@code") or facts.get("@forum_code") or "")


def describe_subject(facts: Mapping[str, Any]) -> Param:
    """Return the name of the subject to show: a code, or a title and its day; "" without one.

    The fact "@about_on" is the day as an ISO date.
    """
    name = str(facts.get("@about", ""))
    if not name or "@about_on" not in facts:
        return name
    return Words("draft.on_day", {"title": name, "on": date.fromisoformat(facts["@about_on"])})


def forget_asked(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers without the key ASKED."""
    return {name: value for name, value in answers.items() if name != ASKED}
