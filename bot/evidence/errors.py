"""Errors of cleaning a file."""


class UnreadableMedia(Exception):
    """The file is not a valid file of its type."""


class NotCleanable(Exception):
    """The metadata of the file cannot be removed: an unknown format, a password, a limit."""
