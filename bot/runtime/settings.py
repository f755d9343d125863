"""Settings: config.toml and the environment, checked and frozen."""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from storage.models import Kind

PREFIX = "BOT_"
CONFIG_VARIABLE = "BOT_CONFIG"
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")


class BadSettings(Exception):
    """A setting is unknown, missing or wrong; the message names it and what is allowed."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebhookSettings(_Section):
    """Where Telegram reaches us, and where we listen for it."""

    public_url: str = ""
    listen_host: str = "127.0.0.1"
    listen_port: int = Field(8443, ge=1, le=65535)
    path: str = Field("/telegram", pattern=r"^/[\w/-]*$")
    secret_token: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,256}$")


class RateLimitSettings(_Section):
    """The pace at which messages go out, shared by all replicas; 0 is no limit.

    `lease_seconds`: after how long a message whose sender vanished is taken up by another.
    """

    global_per_second: float = Field(25, ge=0)
    chat_per_second: float = Field(1, ge=0)
    group_per_minute: float = Field(18, ge=0)
    lease_seconds: float = Field(60, ge=1)


class TelegramSettings(_Section):
    """How to reach Telegram, and who we are there."""

    token: str = ""
    api_base_url: str = "https://api.telegram.org"
    proxy: str = ""
    mode: Literal["polling", "webhook"] = "polling"
    webhook: WebhookSettings = WebhookSettings()
    limits: RateLimitSettings = RateLimitSettings()

    @field_validator("token")
    @classmethod
    def _looks_like_a_token(cls, value: str) -> str:
        if value and not _TOKEN.fullmatch(value):
            raise ValueError("is not a bot token; @BotFather gives one, like 123456789:AA…")
        return value

    @field_validator("api_base_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        return value.rstrip("/")


class DatabaseSettings(_Section):
    """Where everything is kept."""

    url: str = "sqlite+aiosqlite:///langnghe.db"
    pool_size: int = Field(10, ge=1, le=200)


class LocaleSettings(_Section):
    """The language that a chat begins in, and the city's time zone."""

    default: Literal["vi", "en"] = "vi"
    timezone: str = "Asia/Ho_Chi_Minh"

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone, such as Asia/Ho_Chi_Minh") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)


class DeadlineSettings(_Section):
    """Working days until an opinion is answered, per kind, and until when something is done."""

    report: int = Field(10, ge=1, le=250)
    proposal: int = Field(15, ge=1, le=250)
    question: int = Field(5, ge=1, le=250)
    comment: int = Field(10, ge=1, le=250)
    praise: int = Field(10, ge=1, le=250)
    complaint: int = Field(10, ge=1, le=250)
    denunciation: int = Field(7, ge=1, le=250)
    crime_report: int = Field(3, ge=1, le=250)
    unsure: int = Field(10, ge=1, le=250)
    days_off: tuple[date, ...] = ()
    worked_days: tuple[date, ...] = ()
    acknowledge_hours: float = Field(8, gt=0)
    urgent_minutes: float = Field(30, gt=0)
    reopen_days: int = Field(15, ge=0)
    remind_hours: float = Field(48, ge=0)
    city_after_days: int = Field(3, ge=0)

    @property
    def working_days(self) -> dict[Kind, int]:
        """The working days of each kind."""
        return {kind: getattr(self, kind.value) for kind in Kind}


class ClosedDaysSettings(_Section):
    """For how many days an opinion of each kind is kept after it is over."""

    report: int = Field(730, ge=1)
    proposal: int = Field(730, ge=1)
    question: int = Field(365, ge=1)
    comment: int = Field(365, ge=1)
    praise: int = Field(365, ge=1)
    complaint: int = Field(1825, ge=1)
    denunciation: int = Field(1825, ge=1)
    crime_report: int = Field(1825, ge=1)
    unsure: int = Field(730, ge=1)


class RetentionSettings(_Section):
    """How long everything is kept."""

    draft_hours: float = Field(24, gt=0, le=24 * 30)
    draft_reminder_hours: float = Field(2, ge=0)
    failed_update_days: int = Field(30, ge=1)
    warning_days: int = Field(30, ge=0)
    registration_days: int = Field(365, ge=1)
    closed_days: ClosedDaysSettings = ClosedDaysSettings()


class AbuseSettings(_Section):
    """How much is taken: opinions of one person a day, of everybody and messages of one a minute"""

    opinions_a_day: int = Field(10, ge=1)
    everybody_a_minute: int = Field(600, ge=1)
    messages_a_minute: int = Field(60, ge=5)


class PrivacySettings(_Section):
    """Under which keys residents and their files are sealed."""

    encryption_key: str = ""
    key_file: str = "langnghe.key"


class EvidenceSettings(_Section):
    """Where residents' files are kept."""

    url: str = "evidence"


class AreaSettings(_Section):
    """What is known of the units beyond what the program brings.

    `boundaries`: where `units import` puts an operator's GeoJSON of the units' areas; "" for none.
    `code_property`: the property of its features that holds the unit's code; "" to look for it.
    """

    boundaries: str = ""
    code_property: str = ""


_OFFSET = re.compile(r"([1-9][0-9]{0,3})([dhm])")
_MINUTES = {"d": 1440, "h": 60, "m": 1}


class ForumSettings(_Section):
    """How forums go: before the start at which moments attendees are reminded.

    `channel_id`: the channel in which they are announced too; 0 for none. `report_days`: in how
    many working days after a forum its results are reported.
    """

    reminder_offsets: tuple[str, ...] = ("7d", "1d", "2h")
    channel_id: int = Field(0, le=0)
    report_days: int = Field(10, ge=1, le=250)

    @field_validator("reminder_offsets")
    @classmethod
    def _are_spans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _OFFSET.fullmatch(each):
                raise ValueError("holds days, hours or minutes, such as 7d, 2h or 30m")
        return value

    @property
    def minutes(self) -> tuple[int, ...]:
        """The offsets in minutes, the longest first."""
        found = (_OFFSET.fullmatch(each) for each in self.reminder_offsets)
        minutes = {int(each[1]) * _MINUTES[each[2]] for each in found if each}
        return tuple(sorted(minutes, reverse=True))


class OpsSettings(_Section):
    """Where health, readiness and metrics are served; port 0 serves them nowhere."""

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(9090, ge=0, le=65535)


class Settings(BaseSettings):
    """Everything that an operator decides."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    telegram: TelegramSettings = TelegramSettings()
    database: DatabaseSettings = DatabaseSettings()
    locale: LocaleSettings = LocaleSettings()
    deadlines: DeadlineSettings = DeadlineSettings()
    retention: RetentionSettings = RetentionSettings()
    abuse: AbuseSettings = AbuseSettings()
    privacy: PrivacySettings = PrivacySettings()
    evidence: EvidenceSettings = EvidenceSettings()
    areas: AreaSettings = AreaSettings()
    forums: ForumSettings = ForumSettings()
    ops: OpsSettings = OpsSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # What is given first counts: the environment over the file.
        del dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(path: Path | None = None) -> Settings:
    """The settings of a file and of the environment, which overrides it.

    Without a path: the file that BOT_CONFIG names, or config.toml if there is one. Raises
    BadSettings.
    """
    named = path or (Path(os.environ[CONFIG_VARIABLE]) if CONFIG_VARIABLE in os.environ else None)
    chosen = named or Path("config.toml")
    if named is not None and not chosen.is_file():
        raise BadSettings(f"{chosen}: there is no such file; copy config.example.toml there")
    _refuse_unknown_variables()
    try:
        content = TomlConfigSettingsSource(Settings, chosen)() if chosen.is_file() else {}
        return Settings(**content)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{chosen}: not TOML: {error}") from error
    except ValidationError as error:
        raise BadSettings(f"{chosen}: {_explain(error)}") from error
    except ValueError as error:
        raise BadSettings(f"{chosen} or the environment: {error}") from error


def _refuse_unknown_variables() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {CONFIG_VARIABLE}
    for variable in os.environ:
        upper = variable.upper()
        if upper.startswith(PREFIX) and upper.split("__")[0] not in known:
            allowed = ", ".join(sorted(f"{name}__…" for name in known - {CONFIG_VARIABLE}))
            raise BadSettings(f"{variable}: no such setting; the environment may set {allowed}")


# Settings whose value may be a secret or hold one; a whole section may hold any.
_SECRETS = frozenset(
    {"token", "secret_token", "proxy", "url", "encryption_key"}
    | {"telegram", "webhook", "database", "privacy"}
)


def _explain(error: ValidationError) -> str:
    """The first mistake in one line: where, what, and what is allowed."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "settings"
    if first["type"] == "extra_forbidden":
        section: Any = Settings
        for part in first["loc"][:-1]:
            section = section.model_fields[str(part)].annotation
        return f"{place}: no such setting; known are {', '.join(section.model_fields)}"
    message = first["msg"].removeprefix("Value error, ")
    is_secret = _SECRETS.intersection(str(part) for part in first["loc"][-1:])
    shown = "" if is_secret else f" (it is {first['input']!r})"
    return f"{place}: {message}{shown}"
