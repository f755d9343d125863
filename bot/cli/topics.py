"""The commands about suggestions of kind, topics, urgency and intent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import ChosenSettings, Failure, print_line, run_to_end, with_database

cli = typer.Typer(no_args_is_help=True)


@cli.command("suggest")
def suggest_labels(
    explain: Annotated[
        bool, typer.Option("--explain", help="Add the words that spoke for and against a danger.")
    ] = False,
    label: Annotated[str, typer.Option(help="Explain this label instead of danger.")] = "danger",
) -> None:
    """Read texts from standard input, one a line, and write suggestions as one JSON line each."""
    from bot.classification.lines import suggest_lines
    from bot.runtime.builders import configure_suggestions

    configure_suggestions(ChosenSettings.settings())
    try:
        suggest_lines(sys.stdin.buffer, sys.stdout.buffer, explained=label if explain else None)
    except ValueError as error:
        raise Failure(str(error)) from error


@cli.command("measure")
def measure_suggestions(
    file: Annotated[
        Path,
        typer.Argument(help="A file of JSON lines with text, kind, topics and danger."),
    ],
) -> None:
    """Print how well the suggestions fit labelled texts, by class and by group of texts."""
    from bot.classification.labels import BadExamples, parse_examples
    from bot.classification.measurement import format_report, measure_predictions
    from bot.classification.model import load_model

    try:
        examples = parse_examples(file.read_bytes(), str(file))
    except (OSError, BadExamples) as error:
        raise Failure(str(error)) from error
    model = load_model()
    found = [model.compute_probabilities(example.text) for example in examples]
    measured = measure_predictions(examples, found, model.facts["thresholds"])
    print_line(format_report(measured.to_dict()).rstrip())


@cli.command("correct")
def add_corrections(
    from_cases: Annotated[
        bool,
        typer.Option("--from-cases", help="Take the cases whose kind or topic officers changed."),
    ] = False,
) -> None:
    """Add labelled texts to the file of corrections, from which `make model` learns.

    They are read as JSON lines with text, kind, topics and danger. Personal data in the texts are
    replaced by a mark. A text that is in the file is not added again.
    """
    from bot.classification.corrections import add_to_file
    from bot.classification.labels import BadExamples
    from bot.runtime.corrections import list_corrected_cases

    settings = ChosenSettings.settings()
    if from_cases and not settings.classification.learn_from_cases:
        raise Failure(
            "officers' corrections are not used for training: set classification.learn_from_cases"
            " = true if the people concerned have been told"
        )
    lines = (
        run_to_end(with_database(list_corrected_cases, settings))
        if from_cases
        else sys.stdin.buffer.read()
    )
    try:
        added = add_to_file(Path(settings.classification.corrections), lines)
    except (OSError, BadExamples) as error:
        raise Failure(str(error)) from error
    print_line(f"{added} examples added to {settings.classification.corrections}")
