"""Methods that configure the webhook.

Each function implements the Bot API method of its name and raises ApiError.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.simulator.api_types import DescribedResult, bad_request
from bot.simulator.bot_accounts import Webhook

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.methods.signature import Method
    from bot.simulator.state import SimulatorState

_SECRET_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,256}")


def set_webhook(state: SimulatorState, bot: BotAccount, params: Json) -> DescribedResult:
    if not params["url"]:
        return delete_webhook(state, bot, params)
    _check_url(params["url"])
    secret = params.get("secret_token") or None
    if secret and not _SECRET_PATTERN.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    connections = params.get("max_connections", 40)
    if not 1 <= connections <= 100:
        raise bad_request("wrong max_connections: values between 1 and 100 are accepted")
    if params.get("drop_pending_updates"):
        bot.updates.clear()
    bot.updates.set_allowed_kinds(params.get("allowed_updates"))
    webhook = Webhook(params["url"], secret, connections)
    if webhook == bot.webhook:
        return DescribedResult(True, "Webhook is already set")
    bot.webhook = webhook
    bot.updates.notifier.notify_all()  # a waiting getUpdates ends with a conflict
    state.on_webhook(bot)
    return DescribedResult(True, "Webhook was set")


def is_loopback(host: str | None) -> bool:
    """Return True for an address that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _check_url(url: str) -> None:
    """Check that the URL is a loopback address. Raises ApiError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad_request("bad webhook: invalid URL") from None
    if parts.scheme not in ("http", "https") or port == 0:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not is_loopback(parts.hostname):
        raise bad_request("bad webhook: the simulator posts to loopback addresses only")


def delete_webhook(state: SimulatorState, bot: BotAccount, params: Json) -> DescribedResult:
    if params.get("drop_pending_updates"):
        bot.updates.clear()
    if bot.webhook is None:
        return DescribedResult(True, "Webhook is already deleted")
    bot.webhook = None
    bot.webhook_error = None
    state.on_webhook(bot)
    return DescribedResult(True, "Webhook was deleted")


def get_webhook_info(_state: SimulatorState, bot: BotAccount, _params: Json) -> Json:
    return build_webhook_info(bot)


def build_webhook_info(bot: BotAccount) -> Json:
    """Return the object "WebhookInfo" of the Bot API."""
    info: dict[str, Any] = {
        "url": bot.webhook.url if bot.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(bot.updates),
    }
    if bot.webhook:
        info["max_connections"] = bot.webhook.max_connections
        info["ip_address"] = "127.0.0.1"
    if bot.webhook_error:
        info["last_error_date"] = bot.webhook_error.at
        info["last_error_message"] = bot.webhook_error.message
    if bot.updates.allowed:
        info["allowed_updates"] = sorted(bot.updates.allowed)
    return info


METHODS: dict[str, Method] = {
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
