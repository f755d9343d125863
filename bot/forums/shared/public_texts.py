"""Texts that are announced to many people: links in them are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.conversation.flow import Rejected
from bot.core.links import find_links
from bot.core.requests import Refused
from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.flow import Answers, Input
    from bot.conversation.reply import Reply
    from bot.core.unit_of_work import UnitOfWork

ALLOWED = "@links"  # the fact with the links that are allowed
_REASON = "forum.link"


def without_links(question: Input) -> Input:
    """Return a question that refuses typed text with links, except those of the fact ALLOWED."""

    def parse(reply: Reply, answers: Answers) -> Any:
        _check(reply, answers)
        return question.parse(reply, answers)

    change = question.change_message

    def change_message(reply: Reply, answers: Answers) -> Answers:
        _check(reply, answers)
        assert change is not None
        return change(reply, answers)

    return replace(question, parse=parse, change_message=change_message if change else None)


def _check(reply: Reply, answers: Answers) -> None:
    found = find_links(reply.text or "", answers.get(ALLOWED, ())) if reply.choice is None else ()
    if found:
        raise Rejected(_REASON, links="; ".join(found))


def list_allowed_links(work: UnitOfWork) -> list[str]:
    """Return the value of the fact ALLOWED."""
    return sorted(work.policy.allowed_links)


def refuse_links(work: UnitOfWork, columns: Mapping[str, Any]) -> None:
    """Raise Refused if a text among columns to be announced has a link that is not allowed."""
    texts: list[str] = []
    for value in columns.values():
        parts = value if isinstance(value, list) else [value]
        texts += [each for each in parts if isinstance(each, str)]
    found = [link for text in texts for link in find_links(text, work.policy.allowed_links)]
    if found:
        raise Refused(Words(_REASON, {"links": "; ".join(found)}))
