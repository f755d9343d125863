"""Finding submissions by words of their folded text, with each database's own index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import column, select, table, text

from storage.casework import seen_by
from storage.models import Submission
from storage.rows import many
from storage.rows import table as table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Officer

_rows = table_of(Submission)
_words = table("submission_words", column("rowid"))


async def find(
    connection: AsyncConnection, folded: str, unit_code: str | None, officer: Officer, most: int
) -> Sequence[Submission]:
    """Submissions that have all the words, or words that begin so; newest first.

    Of those that an officer of a unit, or without one of all units, may see.
    """
    words = re.findall(r"\w+", folded)
    if not words:
        return []
    statement = with_words(words, connection.dialect.name).where(*seen_by(officer))
    if unit_code is not None:
        statement = statement.where(_rows.c.handled_by == unit_code)
    return await many(connection, Submission, statement.limit(most))


def with_words(words: Sequence[str], dialect_name: str) -> Select[tuple[Submission]]:
    """The submissions with all of some words, newest first, whoever may see them."""
    if dialect_name == "sqlite":
        query = " ".join(f'"{word}"*' for word in words)
        matched = text("submission_words MATCH :query").bindparams(query=query)
        found = select(_rows).join_from(_words, _rows, _rows.c.id == _words.c.rowid)
        return found.where(matched).order_by(_words.c.rowid.desc())
    query = " & ".join(f"{word}:*" for word in words)
    matched = text("to_tsvector('simple', folded) @@ to_tsquery('simple', :query)")
    return select(_rows).where(matched.bindparams(query=query)).order_by(_rows.c.id.desc())
