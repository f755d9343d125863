"""Errors of checking and cleaning a file."""


class UnreadableMedia(Exception):
    """The file is not a valid file of its type, or its type is not accepted."""


class ActiveContent(Exception):
    """The file contains what a computer can run: a macro, a script, a program, malware."""


class NotCleanable(Exception):
    """The metadata of the file cannot be removed: an unknown format, a password, a limit."""


class NotCheckable(Exception):
    """The file has a password, is damaged or over a limit, so nobody knows what is in it."""
