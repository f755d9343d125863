"""The commands about suggestions of kind, topics and urgency."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from bot.cli.base import Failure, print_line

cli = typer.Typer(no_args_is_help=True)


@cli.command("suggest")
def suggest_labels() -> None:
    """Read texts from standard input, one a line, and write suggestions as one JSON line each."""
    from bot.classification.measurement import suggest_lines

    suggest_lines(sys.stdin.buffer, sys.stdout.buffer)


@cli.command("measure")
def measure_suggestions(
    file: Annotated[
        Path, typer.Argument(help="A file of JSON lines with text, kind, topics and urgent.")
    ],
) -> None:
    """Print precision, recall and accuracy of the suggestions for labelled texts."""
    from bot.classification.measurement import BadExamples, measure_examples

    try:
        examples = [orjson.loads(line) for line in file.read_bytes().splitlines() if line.strip()]
        result = measure_examples(examples)
    except (orjson.JSONDecodeError, BadExamples) as error:
        raise Failure(f"{file}: {error}") from error
    print_line(f"Texts: {result.texts}")
    print_line(
        f"topics   precision {result.topics.precision:.3f}  recall {result.topics.recall:.3f}"
        f"  F1 {result.topics.f1:.3f}"
    )
    print_line(
        f"urgency  precision {result.urgent.precision:.3f}  recall {result.urgent.recall:.3f}"
    )
    print_line(f"kind     accuracy {result.kinds:.3f}")
