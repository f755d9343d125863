"""Rows whose columns depend on a key: statements that read them in pages, and that change them.

They work from the entries of `storage.key_columns`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, select, update

from storage.statements import table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Column, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.key_columns import KeyColumns


def get_id_column(entry: KeyColumns) -> Column[int]:
    """Return the primary key of an entry's table."""
    (column,) = table(entry.model).primary_key.columns
    return column


async def count_rows(connection: AsyncConnection, entry: KeyColumns) -> int:
    """Return the number of rows of an entry's table."""
    found = await connection.execute(select(func.count()).select_from(table(entry.model)))
    return int(found.scalar_one())


async def list_page(
    connection: AsyncConnection, entry: KeyColumns, after: int | None, max_rows: int
) -> Sequence[Row[Any]]:
    """Return rows with an id greater than `after`, in the order of ids; the first ones for None.

    A row has the column `row_id` and the columns of the entry.
    """
    id_column = get_id_column(entry)
    statement = _select(entry).order_by(id_column).limit(max_rows)
    if after is not None:
        statement = statement.where(id_column > after)
    return (await connection.execute(statement)).all()


async def lock_page(
    connection: AsyncConnection, entry: KeyColumns, row_ids: Sequence[int]
) -> Sequence[Row[Any]]:
    """Lock and return the rows with these ids, as `list_page` does.

    Rows that are gone, or locked by another transaction, are left out: to wait for them while
    other rows are locked could end in a deadlock.
    """
    id_column = get_id_column(entry)
    statement = _select(entry).where(id_column.in_(row_ids)).order_by(id_column)
    statement = statement.with_for_update(skip_locked=True)
    return (await connection.execute(statement)).all()


async def list_without_address(
    connection: AsyncConnection, entry: KeyColumns, pseudonyms: Collection[int]
) -> Sequence[int]:
    """Return those of the pseudonyms that rows without an address have."""
    column = _get_pseudonym(entry)
    statement = select(column).where(column.in_(list(pseudonyms)), *_has_no_address(entry))
    return (await connection.execute(statement.order_by(column))).scalars().all()


async def update_row(
    connection: AsyncConnection, entry: KeyColumns, row_id: int, values: Mapping[str, Any]
) -> None:
    """Write columns of a row. If its new pseudonym makes it equal to another row, merge the two.

    Nothing is changed if the other row is the better one: this row is deleted then.
    """
    rows, id_column = table(entry.model), get_id_column(entry)
    if entry.pseudonym is not None and entry.pseudonym in values and entry.unique is not None:
        own = (await connection.execute(select(rows).where(id_column == row_id))).one()
        equal = and_(
            _get_pseudonym(entry) == values[entry.pseudonym],
            *(rows.c[name] == getattr(own, name) for name in entry.unique),
        )
        other = (
            await connection.execute(
                select(rows).where(equal, id_column != row_id).with_for_update()
            )
        ).one_or_none()
        if other is not None:
            kept, dropped = (own, other) if entry.rank(own) > entry.rank(other) else (other, own)
            await _drop_row(connection, entry, kept, dropped)
            if dropped is own:
                return
    await connection.execute(update(rows).where(id_column == row_id).values(**values))


async def move_pseudonym(
    connection: AsyncConnection, entry: KeyColumns, old: int, new: int
) -> None:
    """Replace a pseudonym by another in the rows without an address; merge equal rows."""
    id_column, column = get_id_column(entry), _get_pseudonym(entry)
    statement = select(id_column).where(column == old, *_has_no_address(entry)).with_for_update()
    for row_id in (await connection.execute(statement)).scalars().all():
        await update_row(connection, entry, row_id, {column.name: new})


async def is_taken(
    connection: AsyncConnection, entry: KeyColumns, column_name: str, value: str
) -> bool:
    """Return True if a row of an entry's table has this value in a column."""
    found = await connection.execute(
        select(get_id_column(entry)).where(table(entry.model).c[column_name] == value)
    )
    return found.first() is not None


async def _drop_row(
    connection: AsyncConnection, entry: KeyColumns, kept: Row[Any], dropped: Row[Any]
) -> None:
    """Delete a row, after moving what refers to it to the kept row."""
    id_column = get_id_column(entry)
    for model, name in entry.references:
        column = table(model).c[name]
        await connection.execute(
            update(table(model))
            .where(column == getattr(dropped, id_column.name))
            .values({name: getattr(kept, id_column.name)})
        )
    await connection.execute(
        delete(table(entry.model)).where(id_column == getattr(dropped, id_column.name))
    )


def _select(entry: KeyColumns) -> Any:
    rows = table(entry.model)
    names = dict.fromkeys(
        (*entry.encrypted, *entry.sealed, entry.pseudonym, entry.address, entry.deduplicated)
    )
    return select(get_id_column(entry).label("row_id"), *(rows.c[name] for name in names if name))


def _has_no_address(entry: KeyColumns) -> list[Any]:
    return [table(entry.model).c[entry.address].is_(None)] if entry.address else []


def _get_pseudonym(entry: KeyColumns) -> Column[Any]:
    assert entry.pseudonym is not None
    return table(entry.model).c[entry.pseudonym]
