"""Settings and fixed values of the town: token, keys, start time, and switched-off limits."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from uuid import uuid4

from bot.runtime.settings import (
    AbuseSettings,
    DatabaseSettings,
    EvidenceSettings,
    ForumSettings,
    OpsSettings,
    PrivacySettings,
    RateLimitSettings,
    Settings,
    TelegramSettings,
)

TOKEN = "123456:" + "t" * 35
KEY = base64.urlsafe_b64encode(b"a key that is for tests only....").decode()
SECRET = "only-telegram-knows"
START = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)  # a Wednesday, 9:30 in the city

NO_RATE_LIMIT = RateLimitSettings(global_per_second=0, chat_per_second=0, group_per_minute=0)
NO_ABUSE_LIMIT = AbuseSettings(
    opinions_a_day=1000, everybody_a_minute=100_000, messages_a_minute=100_000, additions_a_day=1000
)

MANY_ANNOUNCEMENTS = ForumSettings(announcements_a_day=1000)


def make_settings(
    database_url: str,
    api_base_url: str,
    limits: RateLimitSettings = NO_RATE_LIMIT,
    abuse: AbuseSettings = NO_ABUSE_LIMIT,
    forums: ForumSettings = MANY_ANNOUNCEMENTS,
) -> Settings:
    """Return settings for a test: no listening ports, evidence in memory, no limits by default."""
    return Settings.model_construct(
        telegram=TelegramSettings(
            token=TOKEN,
            api_base_url=api_base_url,
            limits=limits,
        ),
        database=DatabaseSettings(url=database_url),
        locale=Settings.model_fields["locale"].default,
        deadlines=Settings.model_fields["deadlines"].default,
        retention=Settings.model_fields["retention"].default,
        privacy=PrivacySettings(encryption_key=KEY),
        evidence=EvidenceSettings(url=f"memory://{uuid4().hex}"),
        abuse=abuse,
        forums=forums,
        ops=OpsSettings(listen_port=0),
    )
