"""Every column of a submission is copied and erased for its resident, or left out on purpose."""

from __future__ import annotations

import inspect
import re

from bot.privacy import data_requests
from storage import erasure
from storage.models import Submission
from storage.statements import table

COLUMNS = {column.name for column in table(Submission).columns}

# Not in the copy by these names: keys and counters of the program, the text in another form, and
# the phone number, which the copy has decrypted.
NOT_COPIED = {
    "id",
    "resident_id",
    "assignee_id",
    "merged_into",
    "version",
    "folded",
    "phone",
    "unit_vintage",
    "language",
    "forum",
    "alerted_at",
    "acknowledge_by",
    "escalation",
    "extensions",
    "paused_at",
    "transferred_to",
    "warned_at",
    "erased_at",
}
# Not erased: nothing in these columns says who wrote the submission, or what.
NOT_ERASED = {
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


def test_the_data_copy_has_every_column_or_leaves_it_out_on_purpose() -> None:
    """A new column fails until somebody decides."""
    assert set(data_requests._COLUMNS) == COLUMNS - NOT_COPIED


def test_the_erasure_empties_every_column_or_keeps_it_on_purpose() -> None:
    """A new column fails until somebody decides."""
    source = inspect.getsource(erasure.erase_submission)
    statement = source.partition(".values(")[2].partition("if not erased")[0]
    assert set(re.findall(r"(\w+)=", statement)) == COLUMNS - NOT_ERASED
