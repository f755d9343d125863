"""The commands about the encryption keys."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.base import ChosenSettings, Failure, print_line, run_to_end, with_database
from storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.privacy.key_status import KeyCounts

cli = typer.Typer(no_args_is_help=True)

_KEEP = "Keep all keys in the settings"


@cli.command("new")
def print_new_key() -> None:
    """Print a new key for the setting privacy.encryption_key."""
    from bot.privacy.encryption import make_key

    print_line(make_key())


@cli.command("rotate")
def rotate_keys(
    wait: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Seconds after which every running replica uses the first key, too. Default: three"
            " times privacy.key_check_seconds.",
        ),
    ] = None,
) -> None:
    """Encrypt all rows and files again, with the first key of the settings.

    The bot may run, with the same keys. A rotation that was stopped can be run again.
    """
    from bot.privacy.key_rotation import RotationResult
    from bot.runtime.keys import count_everything, rotate_everything

    settings = ChosenSettings.settings()

    async def work(database: Database) -> tuple[RotationResult, list[KeyCounts]]:
        with _show_progress() as report:
            seconds = 3 * settings.privacy.key_check_seconds if wait is None else wait
            settle = partial(asyncio.sleep, seconds)
            rotated = await rotate_everything(database, settings, report, settle)
            return rotated, await count_everything(database, settings, report)

    rotated, counts = run_to_end(with_database(work, settings))
    for name, count in rotated.changed.items():
        if count:
            print_line(f"{name}: {count} encrypted again")
    _print_verdict(counts)
    if not rotated.is_finished:
        raise Failure("the bot still wrote rows under an old key: run 'keys rotate' again")
    _fail_if_unreadable(counts)


@cli.command("status")
def show_status() -> None:
    """Count what is encrypted with which key of the settings, in the database and in the store."""
    from bot.runtime.keys import count_everything

    settings = ChosenSettings.settings()

    async def work(database: Database) -> list[KeyCounts]:
        with _show_progress() as report:
            return await count_everything(database, settings, report)

    counts = run_to_end(with_database(work, settings))
    for each in counts:
        if each.counts:
            print_line(f"{_name_place(each)}: {_describe_counts(each)}")
    _print_verdict(counts)
    _fail_if_unreadable(counts)


def _fail_if_unreadable(counts: Sequence[KeyCounts]) -> None:
    """Raise Failure if there is anything that no key of the settings decrypts."""
    from bot.privacy.key_status import list_unreadable

    found = list_unreadable(counts)
    if found:
        places = ", ".join(f"{each.counts[None]} of {_name_place(each)}" for each in found)
        raise Failure(
            f"no key of privacy.encryption_key reads {places}: add the key that is missing"
        )


def _name_place(counts: KeyCounts) -> str:
    return f"{counts.table}.{counts.column}" if counts.column else counts.table


def _describe_counts(counts: KeyCounts) -> str:
    numbers = sorted(counts.counts, key=lambda number: (number is None, number))
    return ", ".join(
        f"{counts.counts[number]} {'no key of the settings' if number is None else _name(number)}"
        for number in numbers
    )


def _name(number: int) -> str:
    return f"key {number + 1}"


def _print_verdict(counts: Sequence[KeyCounts]) -> None:
    """Say whether the keys after the first one may be removed from the settings."""
    from bot.privacy.key_status import find_needed_keys

    needed = find_needed_keys(counts)
    old, unknown = sorted(number for number in needed if number), None in needed
    if old:
        names = ", ".join(_name(number) for number in old)
        print_line(f"{_KEEP}: {names} is still needed. Run 'python -m bot keys rotate'.")
    elif unknown:
        places = ", ".join(
            f"{each.counts[None]} of {_name_place(each)}"
            for each in counts
            if each.counts.get(None)
        )
        print_line(
            f"{_KEEP}: {places} are under no key of the settings, or under one that is not known."
            " Remove a key only if you know that it is not theirs."
        )
    else:
        print_line("Everything is under key 1. Any other key may be removed from the settings.")


@contextmanager
def _show_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each table, if standard error is a terminal."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bars: dict[str, TaskID] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done, total=total)

        yield report
