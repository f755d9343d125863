"""Meanings: what short answers that people type can mean at a question."""

from __future__ import annotations

from enum import StrEnum


class Meaning(StrEnum):
    """What a typed word says at a question. The values are lists of `typed_words.toml`.

    - SKIP: the person does not want to answer, or does not know the answer.
    - MORE: the person wants to write more; DONE: it is all.
    - AGAIN: write the answer again from the beginning.
    - ALERT: officers are to be told of a danger.
    """

    YES = "yes"
    NO = "no"
    SKIP = "skip"
    SEND = "send"
    MORE = "more"
    EDIT = "edit"
    AGAIN = "again"
    BACK = "back"
    CANCEL = "cancel"
    DONE = "done"
    ALERT = "alert"
