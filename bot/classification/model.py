"""The model: the weights of features, and the probabilities of the labels of a text.

A label's score is the sum of the weights of a text's features. Each feature counts by how often it
occurs in the text, and by how rare it is among the texts that the model was made from (tf-idf);
each block of features has the same length (L2 norm) in every text. `bot.classification.training`
makes the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from bot.classification import features
from bot.classification.features import BLOCKS, hash_feature, list_features

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

_FILE = "weights.npz"


class BadModel(Exception):
    """The file of weights does not fit this version of the program. Make it with `make model`."""


class Contribution(NamedTuple):
    """The amount by which a feature of a text speaks for a label, or against it if negative."""

    feature: str
    amount: float


@dataclass(frozen=True)
class ModelFile:
    """The content of the file of weights.

    - `labels`: the names of the columns.
    - `hashes`: the numbers of the known features, ascending (uint32, n).
    - `rarity`: their inverse document frequency (float32, n).
    - `weights`: of each feature for each label (int8, n x labels), in units of `units` (float32).
    - `bias`, `slope`, `shift`: the probability of a label is 1 / (1 + exp(-(slope * (score + bias)
      + shift))), which is Platt's scaling (float32, labels).
    - `facts`: what else is known: the version of the features, the digest of the examples, the
      thresholds.
    """

    labels: tuple[str, ...]
    hashes: NDArray[Any]
    rarity: NDArray[Any]
    weights: NDArray[Any]
    units: NDArray[Any]
    bias: NDArray[Any]
    slope: NDArray[Any]
    shift: NDArray[Any]
    facts: Mapping[str, Any]


class TextModel:
    """Gives a text the probabilities of its labels. It needs numpy, but not scikit-learn."""

    def __init__(self, file: ModelFile) -> None:
        """Take a file of weights. Raises BadModel."""
        if file.facts.get("features") != features.VERSION:
            raise BadModel("the weights are for other features: run 'make model'")
        self.facts = file.facts
        self.labels = file.labels
        self._file = file

    def compute_probabilities(self, text: str) -> Mapping[str, float]:
        """Return the probability of each label of a text."""
        import numpy as np

        file = self._file
        score = file.bias.astype(np.float32).copy()
        for name, counts in list_features(text).items():
            _, rows, values = self._weigh_block(name, counts)
            if len(rows):
                score += (values @ file.weights[rows].astype(np.float32)) * file.units
        odds = np.clip(file.slope * score + file.shift, -30, 30)
        return dict(zip(self.labels, (1 / (1 + np.exp(-odds))).tolist(), strict=True))

    def explain_label(self, text: str, label: str) -> list[Contribution]:
        """Return what in a text speaks for and against a label, the largest amounts first.

        The amounts are parts of the score. Raises ValueError for an unknown label.
        """
        column = self.labels.index(label)
        file, found = self._file, list[Contribution]()
        for name, counts in list_features(text).items():
            known, rows, values = self._weigh_block(name, counts)
            amounts = values * file.weights[rows, column] * file.units[column] * file.slope[column]
            found += [Contribution(*each) for each in zip(known, amounts.tolist(), strict=True)]
        return sorted(found, key=lambda each: -abs(each.amount))

    def _weigh_block(
        self, name: str, counts: Counter[str]
    ) -> tuple[Sequence[str], NDArray[Any], NDArray[Any]]:
        """Return the known features of a block, their rows, and what each counts."""
        import numpy as np

        names = list(counts)
        hashes = np.array([hash_feature(each) for each in names], dtype=np.uint32)
        found = np.searchsorted(self._file.hashes, hashes)
        found[found == len(self._file.hashes)] = 0
        is_known = self._file.hashes[found] == hashes if len(names) else np.zeros(0, dtype=bool)
        rows = found[is_known]
        numbers = np.array(list(counts.values()), dtype=np.float32)[is_known]
        values = (1 + np.log(numbers)) * self._file.rarity[rows]
        length = float(np.sqrt(values @ values))
        known = [each for each, is_one in zip(names, is_known, strict=True) if is_one]
        return known, rows, values * np.float32(BLOCKS[name] / length if length else 0)


def read_model(file: BinaryIO) -> ModelFile:
    """Read a file of weights. Raises BadModel."""
    import numpy as np

    try:
        with np.load(file, allow_pickle=False) as stored:
            facts = orjson.loads(stored["facts"].tobytes())
            return ModelFile(
                labels=tuple(facts["labels"]),
                hashes=stored["hashes"],
                rarity=stored["rarity"].astype(np.float32),
                weights=stored["weights"],
                units=stored["units"],
                bias=stored["bias"],
                slope=stored["slope"],
                shift=stored["shift"],
                facts=facts,
            )
    except (OSError, ValueError, KeyError) as error:
        raise BadModel(f"the weights cannot be read: {error}; run 'make model'") from error


def write_model(model: ModelFile, file: BinaryIO) -> None:
    """Write a file of weights. The same model gives the same bytes."""
    import numpy as np

    facts = orjson.dumps({**model.facts, "labels": model.labels}, option=orjson.OPT_SORT_KEYS)
    np.savez_compressed(
        file,
        facts=np.frombuffer(facts, dtype=np.uint8),
        hashes=model.hashes,
        rarity=model.rarity.astype(np.float16),
        weights=model.weights,
        units=model.units,
        bias=model.bias,
        slope=model.slope,
        shift=model.shift,
    )


@cache
def load_model() -> TextModel:
    """Return the model of this release. It is read when it is first needed. Raises BadModel."""
    content = files("bot.classification").joinpath(_FILE).read_bytes()
    return TextModel(read_model(BytesIO(content)))
