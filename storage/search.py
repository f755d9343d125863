"""Finding submissions by words of their folded text, with each database's own index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_SQLITE = text(
    "SELECT rowid FROM submission_words WHERE submission_words MATCH :query"
    " ORDER BY rowid DESC LIMIT :most"
)
_POSTGRESQL = text(
    "SELECT id FROM submission WHERE to_tsvector('simple', folded) @@ to_tsquery('simple', :query)"
    " ORDER BY id DESC LIMIT :most"
)


async def find(connection: AsyncConnection, folded: str, most: int) -> Sequence[int]:
    """The ids of submissions that have all the words, or words that begin so; newest first.

    Who may see them is the caller's question.
    """
    words = re.findall(r"\w+", folded)
    if not words:
        return []
    if connection.dialect.name == "sqlite":
        query, statement = " ".join(f'"{word}"*' for word in words), _SQLITE
    else:
        query, statement = " & ".join(f"{word}:*" for word in words), _POSTGRESQL
    found = await connection.execute(statement, {"query": query, "most": most})
    return found.scalars().all()
