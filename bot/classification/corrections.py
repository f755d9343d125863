"""The operator's file of corrections: examples from which the model is made, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from bot.classification.labels import Intent, parse_examples
from bot.classification.personal_data import hide_personal_data
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def format_example(text: str, *, danger: bool, kind: Kind, topics: Sequence[str]) -> bytes:
    """Return an opinion with its labels as a JSON line."""
    fields = {
        "text": text,
        "danger": danger,
        "kind": None if kind is Kind.UNSURE else kind,
        "topics": topics,
        "intent": Intent.OPINION,
    }
    return orjson.dumps(fields) + b"\n"


def add_to_file(path: Path, lines: bytes) -> int:
    """Add examples, given as JSON lines, to a file; return how many were new.

    Personal data in the texts are replaced by a mark. Nothing is added if a line has a mistake.
    Raises BadExamples and OSError.
    """
    parse_examples(lines, "standard input")
    known = path.read_bytes() if path.exists() else b""
    texts = {example.text for example in parse_examples(known, str(path))}
    added = []
    for line in lines.splitlines():
        if not line.strip():
            continue
        fields = orjson.loads(line)
        fields["text"] = hide_personal_data(fields["text"])
        if fields["text"] not in texts:
            texts.add(fields["text"])
            added.append(orjson.dumps(fields) + b"\n")
    with path.open("ab") as file:
        if known and not known.endswith(b"\n"):
            file.write(b"\n")
        file.writelines(added)
    return len(added)
