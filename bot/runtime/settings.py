"""The settings: read from config.toml and the environment, validated and immutable.

config.example.toml describes every setting.
"""

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

PREFIX = "BOT_"  # of the environment variables that override settings
CONFIG_VARIABLE = "BOT_CONFIG"  # the environment variable with the path of the settings file
_SCANNER = re.compile(r"unix:///.+|tcp://[\w.\-]+:\d{1,5}")
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")


class BadSettings(Exception):
    """A setting is unknown, missing or invalid; the message names it and the allowed values."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebhookSettings(_Section):
    """The public address of the webhook, and the local address that the bot listens on.

    - `public_url`: without the path. Required if the mode is "webhook".
    - `path`: the path of the webhook, both at `public_url` and at the local address.
    - `secret_token`: Telegram sends it with every call. Required if the mode is "webhook".
    """

    public_url: str = ""
    listen_host: str = "127.0.0.1"
    listen_port: int = Field(8443, ge=1, le=65535)
    path: str = Field("/telegram", pattern=r"^/[\w/-]*$")
    secret_token: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,256}$")


class RateLimitSettings(_Section):
    """The rate limits of messages, shared by all replicas; 0 is no limit.

    - `global_per_second`: messages to all chats together.
    - `chat_per_second`, `group_per_minute`: messages to one private chat or one group.
    - `lease_seconds`: after this time another replica may send a message that a replica claimed.
    """

    global_per_second: float = Field(25, ge=0)
    chat_per_second: float = Field(1, ge=0)
    group_per_minute: float = Field(18, ge=0)
    lease_seconds: float = Field(60, ge=1)


class TelegramSettings(_Section):
    """The bot's token, the address of the Bot API, and how updates arrive."""

    token: str = ""
    api_base_url: str = "https://api.telegram.org"
    proxy: str = ""
    mode: Literal["polling", "webhook"] = "polling"
    webhook: WebhookSettings = WebhookSettings()
    limits: RateLimitSettings = RateLimitSettings()

    @field_validator("token")
    @classmethod
    def _validate_token(cls, value: str) -> str:
        if value and not _TOKEN.fullmatch(value):
            raise ValueError("is not a bot token; @BotFather gives one, like 123456789:AA…")
        return value

    @field_validator("api_base_url")
    @classmethod
    def _validate_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        return value.rstrip("/")


class DatabaseSettings(_Section):
    """The URL of the database, and the number of pooled connections of each replica."""

    url: str = "sqlite+aiosqlite:///langnghe.db"
    pool_size: int = Field(10, ge=1, le=200)


class LocaleSettings(_Section):
    """The default language of a chat, and the time zone of the city (an IANA name)."""

    default: Literal["vi", "en"] = "vi"
    timezone: str = "Asia/Ho_Chi_Minh"

    @field_validator("timezone")
    @classmethod
    def _validate_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone, such as Asia/Ho_Chi_Minh") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone as a ZoneInfo."""
        return ZoneInfo(self.timezone)


class DeadlineSettings(_Section):
    """Working days to answer a submission of each kind, and other time limits of casework.

    - `days_off`, `worked_days`: further holidays, and weekend days on which people work.
    - `acknowledge_hours`, `urgent_minutes`: the time to accept a case, and an urgent case.
    - `reopen_days`: the days in which a resident may ask for another look at an answer.
    - `remind_hours`: how long before the due date the officer is reminded.
    - `city_after_days`: working days after the due date until the city is alerted.
    """

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
        """Return the number of working days for an answer, by kind."""
        return {kind: getattr(self, kind.value) for kind in Kind}


class ClosedDaysSettings(_Section):
    """The number of days for which a submission of each kind is kept after it was closed."""

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
    """The times that drafts, failed updates, registrations and submissions are kept.

    - `draft_hours`: how long the draft of an open conversation is kept.
    - `failed_update_days`: how long an update that could not be handled is kept.
    - `message_days`: how long a message is kept after it was sent or given up.
    - `draft_reminder_hours`: how long before the deletion of a draft its writer is warned.
    - `warning_days`: how long before the erasure of a submission its resident is warned.
    - `registration_days`: counted from the start of the forum.
    """

    draft_hours: float = Field(24, gt=0, le=24 * 30)
    draft_reminder_hours: float = Field(2, ge=0)
    failed_update_days: int = Field(30, ge=1)
    message_days: int = Field(7, ge=1)
    warning_days: int = Field(30, ge=0)
    registration_days: int = Field(365, ge=1)
    closed_days: ClosedDaysSettings = ClosedDaysSettings()


class AbuseSettings(_Section):
    """Limits against abuse.

    - `opinions_a_day`: submissions of one person in 24 hours.
    - `everybody_a_minute`: submissions of all people in a minute.
    - `additions_a_day`: additions, replies and corrections of one person in 24 hours.
    - `messages_a_minute`: messages of one person to a flow in a minute.
    """

    opinions_a_day: int = Field(10, ge=1)
    everybody_a_minute: int = Field(600, ge=1)
    additions_a_day: int = Field(50, ge=1)
    messages_a_minute: int = Field(60, ge=5)


class PrivacySettings(_Section):
    """The keys that encrypt the chat ids, phone numbers and files of residents.

    - `encryption_key`: keys separated by commas: `keys rotate` encrypts with the first one, all
      decrypt. "" to use `key_file`.
    - `key_file`: the path of a file with one key a line. `migrate` and `run` create it, if it is
      missing and the database is not encrypted yet.
    - `key_check_seconds`: how often a replica looks which key the database is written with.
    - `protect_cases`: True if Telegram must not let officers forward or save messages with a case.
    """

    encryption_key: str = ""
    key_file: str = "langnghe.key"
    key_check_seconds: float = Field(default=5, ge=0.1, le=60)
    protect_cases: bool = True


class EvidenceSettings(_Section):
    """The place where files of residents are stored, and the scanner for malware.

    - `url`: a folder, or a URL for fsspec.
    - `scanner`: the address of ClamAV's daemon, "" for none.
    - `megabytes_a_person`, `megabytes_in_all`: the quota of stored files of one resident (named and
      unnamed apart), and of all together.
    """

    url: str = "evidence"
    scanner: str = ""
    megabytes_a_person: int = Field(500, ge=1)
    megabytes_in_all: int = Field(50_000, ge=1)

    @field_validator("scanner")
    @classmethod
    def _validate_scanner(cls, value: str) -> str:
        if value and not _SCANNER.fullmatch(value):
            raise ValueError("is unix:///path/of/socket or tcp://host:port")
        return value


class ClassificationSettings(_Section):
    """The decisions of the operator about suggestions.

    - `danger_threshold`: the least probability with which a text is taken for a danger; 0 for that
      of the model.
    - `danger_phrases`: the path of a file like bot/classification/danger_phrases.toml; "" for that
      one.
    - `corrections`: the path of the file of corrected examples.
    - `learn_from_cases`: True if cases whose kind or topic officers changed may become examples.
    """

    danger_threshold: float = Field(0, ge=0, lt=1)
    danger_phrases: str = ""
    corrections: str = "corrections.jsonl"
    learn_from_cases: bool = False


class AreaSettings(_Section):
    """The boundaries of the units, and the operator's landmarks.

    - `boundaries`: the path to which `units import` copies a GeoJSON file; "" for none.
    - `code_property`: the property of its features with the unit's code; "" to detect it.
    - `landmarks`: the path of a file like bot/areas/landmarks.csv, whose landmarks are known too;
      "" for none.
    """

    boundaries: str = ""
    code_property: str = ""
    landmarks: str = ""


_OFFSET = re.compile(r"([1-9][0-9]{0,3})([dhm])")
_MINUTES = {"d": 1440, "h": 60, "m": 1}


class ForumSettings(_Section):
    """Reminders, announcements and results of forums.

    - `reminder_offsets`: times before the start, such as 7d, 2h or 30m.
    - `channel_id`: the chat id of the channel for announcements; 0 for none.
    - `report_days`: working days after the forum until the results must be reported.
    - `announcements_a_day`: of one forum in 24 hours; its cancellation is always possible.
    - `allowed_links`: domains and @names that may stand in an announced text.
    """

    reminder_offsets: tuple[str, ...] = ("7d", "1d", "2h")
    channel_id: int = Field(0, le=0)
    report_days: int = Field(10, ge=1, le=250)
    announcements_a_day: int = Field(4, ge=1)
    allowed_links: tuple[str, ...] = ()

    @field_validator("reminder_offsets")
    @classmethod
    def _validate_offsets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _OFFSET.fullmatch(each):
                raise ValueError("holds days, hours or minutes, such as 7d, 2h or 30m")
        return value

    @property
    def minutes(self) -> tuple[int, ...]:
        """Return `reminder_offsets` as numbers of minutes, longest first."""
        matches = (_OFFSET.fullmatch(offset) for offset in self.reminder_offsets)
        minutes = {int(match[1]) * _MINUTES[match[2]] for match in matches if match}
        return tuple(sorted(minutes, reverse=True))


class OpsSettings(_Section):
    """The address of health, readiness and metrics; with port 0 they are not served."""

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(9090, ge=0, le=65535)


class Settings(BaseSettings):
    """All settings of an operator, one field for each section of config.toml."""

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
    classification: ClassificationSettings = ClassificationSettings()
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
        """Return the sources for pydantic, the first wins: the environment, then the file.

        `load_settings` passes the content of the file as arguments, the `init_settings`.
        """
        del dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings of a file, overridden by the environment.

    Without a path, the file is the one that BOT_CONFIG names, or config.toml if it exists. Raises
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
        raise BadSettings(f"{chosen}: {_describe_mistake(error)}") from error
    except ValueError as error:
        raise BadSettings(f"{chosen} or the environment: {error}") from error


def _refuse_unknown_variables() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {CONFIG_VARIABLE}
    for variable in os.environ:
        upper = variable.upper()
        if upper.startswith(PREFIX) and upper.split("__")[0] not in known:
            allowed = ", ".join(sorted(f"{name}__…" for name in known - {CONFIG_VARIABLE}))
            raise BadSettings(f"{variable}: no such setting; the environment may set {allowed}")


# Settings, and sections of settings, whose values may contain a secret.
_SECRETS = frozenset(
    {"token", "secret_token", "proxy", "url", "encryption_key"}
    | {"telegram", "webhook", "database", "privacy"}
)


def _describe_mistake(error: ValidationError) -> str:
    """Return one line about the first mistake: the setting, the reason, the allowed values."""
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
