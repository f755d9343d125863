"""Make the model from labelled examples: `python -m bot.classification.training` (`make model`).

It needs scikit-learn, which the bot itself does not. Each label has a linear classifier of its own
(a support vector machine). What is measured, and the probabilities, come from examples whose
writers the classifier has not seen (grouped cross-validation). The same examples give the same
bytes.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import track
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.classification import features
from bot.classification.features import BLOCKS, hash_feature, list_features
from bot.classification.labels import CONDUCT, DANGER, LABELS, Example, parse_examples
from bot.classification.measurement import choose_thresholds, format_report, measure_predictions
from bot.classification.model import ModelFile, TextModel, write_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"
_WEIGHTS = Path(__file__).parent / "weights.npz"
_SEED = 0
_FOLDS = 6  # groups of writers in the cross-validation
_MIN_TEXTS = {"plain": 2, "exact": 2, "skip": 3, "letters": 2}  # with a feature, to be used
_MAX_FEATURES = 120_000  # so that the file stays below 3 MB
_STRENGTH = 0.5  # of the fit, against large weights
_MISSED_COSTS = 2.0  # times a false alarm, for danger, conduct and topics


@dataclass(frozen=True)
class _Vocabulary:
    """The features in use: their rows by hash, and their inverse document frequency."""

    rows: dict[int, int]
    rarity: NDArray[Any]


def read_data(folder: Path) -> list[Example]:
    """Return the examples of all files in a folder; a file has one writer. Raises BadExamples."""
    paths = sorted(folder.glob("*.jsonl"))
    return [each for path in paths for each in parse_examples(path.read_bytes(), path.stem)]


def compute_digest(folder: Path) -> str:
    """Return a hash of all that the weights are made from, except the code."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def train_model(examples: Sequence[Example], *, max_features: int = _MAX_FEATURES) -> ModelFile:
    """Return the weights, and the calibration from examples of writers that were left out."""
    counted = [list_features(each.text) for each in examples]
    wanted = _make_targets(examples)
    folds = _make_folds([each.writer for each in examples])
    scores = np.zeros(wanted.shape)
    for fold in track(sorted(set(folds)), "Cross-validation", disable=not sys.stderr.isatty()):
        kept, left = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        vocabulary = _choose_features([counted[row] for row in kept])
        matrix = _make_matrix([counted[row] for row in kept], vocabulary)
        weights, bias = _fit_all(matrix, wanted[kept])
        scores[left] = _make_matrix([counted[row] for row in left], vocabulary) @ weights + bias
    slope, shift = _calibrate(scores, wanted)
    probabilities = 1 / (1 + np.exp(-(slope * scores + shift)))
    vocabulary = _choose_features(counted)
    weights, _ = _fit_all(_make_matrix(counted, vocabulary), wanted)
    vocabulary = _keep_strongest(vocabulary, weights, max_features)
    weights, bias = _fit_all(_make_matrix(counted, vocabulary), wanted)
    labelled = [dict(zip(LABELS, row.tolist(), strict=True)) for row in probabilities]
    thresholds = choose_thresholds(examples, labelled)
    measured = measure_predictions(examples, labelled, thresholds).to_dict()
    facts = {"features": features.VERSION, "thresholds": thresholds, "measured": measured}
    return _make_file(vocabulary, weights, bias, slope, shift, facts)


def _make_targets(examples: Sequence[Example]) -> NDArray[Any]:
    """Return 1 for each label of each text, else 0."""
    columns = {label: column for column, label in enumerate(LABELS)}
    wanted = np.zeros((len(examples), len(LABELS)), dtype=np.int8)
    for row, example in enumerate(examples):
        for label in example.list_labels():
            wanted[row, columns[label]] = 1
    return wanted


def _make_folds(writers: Sequence[str]) -> NDArray[Any]:
    """Return the number of the fold of each example; a writer is in one fold only."""
    names = sorted(set(writers))
    number = {name: place % min(_FOLDS, len(names)) for place, name in enumerate(names)}
    return np.array([number[writer] for writer in writers])


def _choose_features(counted: Sequence[dict[str, Counter[str]]]) -> _Vocabulary:
    """Return the features that occur in enough texts."""
    texts_with: dict[str, Counter[int]] = {name: Counter() for name in BLOCKS}
    for blocks in counted:
        for name, counts in blocks.items():
            texts_with[name].update({hash_feature(feature) for feature in counts})
    found = {
        feature: number
        for name, numbers in texts_with.items()
        for feature, number in numbers.items()
        if number >= _MIN_TEXTS[name]
    }
    ordered = sorted(found)
    numbers = np.array([found[feature] for feature in ordered])
    rarity = np.log((1 + len(counted)) / (1 + numbers)) + 1
    return _Vocabulary(
        {feature: row for row, feature in enumerate(ordered)},
        rarity.astype(np.float16).astype(np.float32),  # as it is stored
    )


def _make_matrix(
    counted: Sequence[dict[str, Counter[str]]], vocabulary: _Vocabulary
) -> csr_matrix[Any]:
    """Return what each feature counts in each text, as the model computes it."""
    rows, columns, values = [], [], []
    for row, blocks in enumerate(counted):
        for name, counts in blocks.items():
            known = [
                (column, number)
                for feature, number in counts.items()
                if (column := vocabulary.rows.get(hash_feature(feature))) is not None
            ]
            if not known:
                continue
            places = np.array([column for column, _ in known])
            amounts = (1 + np.log([number for _, number in known])) * vocabulary.rarity[places]
            columns.append(places)
            values.append(amounts * BLOCKS[name] / np.sqrt(amounts @ amounts))
            rows.append(np.full(len(places), row))
    shape = (len(counted), len(vocabulary.rows))
    return csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape
    )


def _fit_all(matrix: csr_matrix[Any], wanted: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the weights and the bias of each label.

    Kinds and topics are learned from opinions only: other texts have none.
    """
    weights = np.zeros((matrix.shape[1], len(LABELS)))
    bias = np.zeros(len(LABELS))
    opinions = np.flatnonzero(wanted[:, LABELS.index("intent.opinion")])
    everything = np.arange(len(wanted))
    for column, label in enumerate(LABELS):
        rows = opinions if label.startswith(("kind.", "topic.")) else everything
        if len(set(wanted[rows, column].tolist())) < 2:
            bias[column] = -1.0  # no example has this label
            continue
        fitted = LinearSVC(C=_STRENGTH, class_weight=_weigh_classes(label), random_state=_SEED)
        fitted.fit(matrix[rows], wanted[rows, column])
        weights[:, column], bias[column] = fitted.coef_[0], fitted.intercept_[0]
    return weights, bias


def _weigh_classes(label: str) -> Any:
    if label in {DANGER, CONDUCT} or label.startswith("topic."):
        return {1: _MISSED_COSTS}
    return "balanced" if label.startswith("kind.") else None


def _keep_strongest(
    vocabulary: _Vocabulary, weights: NDArray[Any], max_features: int
) -> _Vocabulary:
    """Return the features with the largest weights."""
    strength = np.abs(weights).max(axis=1) * vocabulary.rarity
    order = np.argsort(-strength, kind="stable")[:max_features]
    hashes = np.array(list(vocabulary.rows))
    kept = sorted((int(hashes[row]), row) for row in order)
    return _Vocabulary(
        {feature: place for place, (feature, _) in enumerate(kept)},
        vocabulary.rarity[[row for _, row in kept]],
    )


def _calibrate(scores: NDArray[Any], wanted: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return slope and shift of each label: the logistic curve from scores to probabilities."""
    slope, shift = np.ones(len(LABELS)), np.zeros(len(LABELS))
    opinions = np.flatnonzero(wanted[:, LABELS.index("intent.opinion")])
    everything = np.arange(len(wanted))
    for column, label in enumerate(LABELS):
        rows = opinions if label.startswith(("kind.", "topic.")) else everything
        if len(set(wanted[rows, column].tolist())) < 2:
            continue
        curve = LogisticRegression(C=1e3, solver="liblinear", random_state=_SEED)
        curve.fit(scores[rows, column : column + 1], wanted[rows, column])
        slope[column], shift[column] = curve.coef_[0, 0], curve.intercept_[0]
    return slope, shift


def _make_file(
    vocabulary: _Vocabulary,
    weights: NDArray[Any],
    bias: NDArray[Any],
    slope: NDArray[Any],
    shift: NDArray[Any],
    facts: dict[str, Any],
) -> ModelFile:
    """Return the model with its weights rounded to 255 steps for each label."""
    units = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    return ModelFile(
        labels=LABELS,
        hashes=np.array(list(vocabulary.rows), dtype=np.uint32),
        rarity=vocabulary.rarity,
        weights=np.round(weights / units).astype(np.int8),
        units=units.astype(np.float32),
        bias=bias.astype(np.float32),
        slope=slope.astype(np.float32),
        shift=shift.astype(np.float32),
        facts=facts,
    )


def main() -> None:
    """Make the file of weights from the data of the project and further files of examples."""
    examples = read_data(DATA)
    for path in map(Path, sys.argv[1:]):
        examples += parse_examples(path.read_bytes(), path.stem)
    made = train_model(examples)
    made = replace(made, facts={**made.facts, "data": compute_digest(DATA)})
    with _WEIGHTS.open("wb") as file:
        write_model(made, file)
    sys.stdout.write(format_report(TextModel(made).facts["measured"]))
    sys.stdout.write(f"{len(examples)} examples, {_WEIGHTS.stat().st_size / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main()
