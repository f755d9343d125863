"""The columns of a submission: each is in the export and the data copy, or named as left out."""

from __future__ import annotations

import pytest

from bot.privacy.data_requests import SUBMISSION_COLUMNS_NOT_COPIED
from bot.reports.export import SUBMISSION_COLUMNS_NOT_EXPORTED, list_submission_columns
from storage.models import Submission
from storage.statements import list_columns, table


@pytest.mark.parametrize(
    "left_out", [SUBMISSION_COLUMNS_NOT_COPIED, SUBMISSION_COLUMNS_NOT_EXPORTED]
)
def test_only_columns_that_exist_are_left_out(left_out: frozenset[str]) -> None:
    """A renamed column is left out under its new name, or not at all."""
    assert left_out <= set(table(Submission).columns.keys())


def test_what_identifies_a_resident_is_only_exported_on_demand() -> None:
    """The phone number is decrypted for an export with identity; pseudonyms are never exported."""
    assert "phone" not in list_submission_columns(with_identity=False)
    assert "phone" in list_submission_columns(with_identity=True)
    assert "resident_id" not in list_submission_columns(with_identity=True)


def test_columns_keep_the_order_of_the_model() -> None:
    """A file with columns is the same after every start."""
    assert list_columns(Submission, without={"id"})[:2] == ("code", "resident_id")
