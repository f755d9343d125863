"""The making of the model: the shipped weights belong to the data, and training is reproducible."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import orjson
import pytest

from bot.classification.corrections import add_to_file
from bot.classification.features import list_features
from bot.classification.labels import Example, Intent
from bot.classification.model import BadModel, TextModel, load_model, read_model, write_model
from bot.classification.training import DATA, compute_digest, read_data, train_model
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_weights_are_made_from_the_shipped_data() -> None:
    """After a change of the data, `make model` has to run. The file has at most 3 MB."""
    assert load_model().facts["data"] == compute_digest(DATA)
    assert (DATA.parent / "weights.npz").stat().st_size <= 3_000_000


def test_no_two_writers_have_the_same_opinion() -> None:
    """Otherwise a measurement by writers would have seen its texts before."""
    writers: dict[str, str] = {}
    for example in read_data(DATA):
        if example.intent is Intent.OPINION:
            known = writers.setdefault(example.text.strip().casefold(), example.writer)
            assert known == example.writer, example.text


def _train() -> bytes:
    examples = [each for place, each in enumerate(read_data(DATA)) if place % 25 == 0]
    file = BytesIO()
    write_model(train_model(examples, max_features=2000), file)
    return file.getvalue()


def test_the_same_examples_give_the_same_bytes() -> None:
    """So everybody can check that the weights come from the data."""
    first = _train()
    assert first == _train()
    model = TextModel(read_model(BytesIO(first)))
    assert model.facts["measured"]["texts"] > 150
    assert set(model.facts["thresholds"]) == {"danger", "conduct", "topic"}


def test_weights_for_other_features_are_refused() -> None:
    """The message says what to do."""
    with (DATA.parent / "weights.npz").open("rb") as opened:
        file = read_model(opened)
    with pytest.raises(BadModel, match="make model"):
        TextModel(replace(file, facts={**file.facts, "features": 0}))
    with pytest.raises(BadModel, match="make model"):
        read_model(BytesIO(b"no weights"))


def test_a_label_is_explained_by_words_of_the_text() -> None:
    """Every amount belongs to a feature of the text, the largest first."""
    text = "có người cầm dao đuổi tôi"
    found = load_model().explain_label(text, "danger")
    features = {name for block in list_features(text).values() for name in block}
    assert {each.feature for each in found} <= features
    assert "w cam dao" in {each.feature for each in found if each.amount > 0}
    assert [abs(each.amount) for each in found] == sorted(
        (abs(each.amount) for each in found), reverse=True
    )


def test_corrections_lose_personal_data_and_come_once(tmp_path: Path) -> None:
    """A text that is in the file is not added again."""
    path = tmp_path / "corrections.jsonl"
    line = {
        "text": "gọi tôi số 0912 345 678",
        "topics": ["theft"],
        "kind": "report",
        "danger": False,
    }
    assert add_to_file(path, orjson.dumps(line)) == 1
    assert add_to_file(path, orjson.dumps(line)) == 0
    assert "0912" not in path.read_text("utf-8")
    assert orjson.loads(path.read_bytes())["kind"] == "report"


def test_an_example_names_its_labels() -> None:
    """They are the columns that the model learns."""
    example = Example(
        "x", True, frozenset({Topic.THEFT}), Kind.CRIME_REPORT, Intent.OPINION, None, "a"
    )
    assert example.list_labels() == {
        "danger",
        "topic.theft",
        "kind.crime_report",
        "intent.opinion",
    }
