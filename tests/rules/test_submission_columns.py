"""The columns of a submission: each is exported, copied for its resident and erased, or left out.

A new column is exported and copied unless it is listed as left out. It must be erased or listed.
"""

from __future__ import annotations

import inspect
import re

import pytest

from bot.privacy.data_requests import SUBMISSION_COLUMNS_NOT_COPIED
from bot.reports.export import SUBMISSION_COLUMNS_NOT_EXPORTED, list_submission_columns
from storage import erasure
from storage.models import Submission
from storage.statements import list_columns, table

COLUMNS = {column.name for column in table(Submission).columns}

# Not erased: nothing in these columns says who wrote the submission, or what.
NOT_ERASED = frozenset(
    {
        "id",
        "code",
        "kind",
        "unit_code",
        "unit_vintage",
        "handled_by",
        "urgent",
        "hides_personal",
        "identity",
        "confidential",
        "language",
        "forum",
        "created_at",
        "due_at",
        "answered_at",
        "alerted_at",
        "assignee_id",
        "paused_at",
        "acknowledge_by",
        "escalation",
        "extensions",
        "merged_into",
        "rating",
        "reopened_at",
        "warned_at",
    }
)


@pytest.mark.parametrize(
    "left_out", [SUBMISSION_COLUMNS_NOT_COPIED, SUBMISSION_COLUMNS_NOT_EXPORTED, NOT_ERASED]
)
def test_only_columns_that_exist_are_left_out(left_out: frozenset[str]) -> None:
    """A renamed column is left out under its new name, or not at all."""
    assert left_out <= COLUMNS


def test_the_identity_of_a_resident_is_only_exported_on_demand() -> None:
    """The phone number is decrypted for an export with identity; pseudonyms are never exported."""
    assert "phone" not in list_submission_columns(with_identity=False)
    assert "phone" in list_submission_columns(with_identity=True)
    assert "resident_id" not in list_submission_columns(with_identity=True)


def test_columns_keep_the_order_of_the_model() -> None:
    """A file with columns is the same after every start."""
    assert list_columns(Submission, without={"id"})[:2] == ("code", "resident_id")


def test_the_erasure_empties_every_column_that_is_not_kept() -> None:
    """A new column fails until it is erased or listed in NOT_ERASED."""
    source = inspect.getsource(erasure.erase_submission)
    statement = source.partition(".values(")[2].partition("if not erased")[0]
    assert set(re.findall(r"(\w+)=", statement)) == COLUMNS - NOT_ERASED
