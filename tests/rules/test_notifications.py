"""Only the notifications package makes messages of the outbox."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A direct reply that could not be sent at once is handed over to the outbox as it is.
EXCEPTIONS = {"bot/channels/telegram/unsent_replies.py"}


def test_only_the_notifications_package_makes_messages_of_the_outbox() -> None:
    """Dedup keys, recipients and lifetimes are decided in one place."""
    makers = set()
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called.rpartition(".")[2] == "OutboxMessage":
                makers.add(path.relative_to(ROOT).as_posix())
    assert makers - EXCEPTIONS == {"bot/notifications/message.py"}
