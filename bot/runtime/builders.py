"""Functions that turn the operator's settings into the values that features need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.casework.escalation import CaseDeadlines
from bot.classification.danger_phrases import BadPhrases, read_phrases
from bot.classification.suggestion import Classifier, configure_classifier
from bot.core.business_calendar import BusinessCalendar
from bot.core.policy import Policy, SubmissionLimits
from bot.evidence.fetcher import StorageQuota
from bot.privacy.encryption import load_keys
from bot.privacy.pseudonyms import Pseudonyms
from bot.privacy.retention import RetentionPeriods
from storage.models import Kind
from storage.outbox_claims import Pacing

if TYPE_CHECKING:
    from bot.areas.location import Locator
    from bot.evidence.scanner import VirusScanner
    from bot.runtime.settings import (
        DeadlineSettings,
        EvidenceSettings,
        RateLimitSettings,
        RetentionSettings,
        Settings,
    )

_MEGABYTE = 1_000_000  # bytes
# The pauses between messages are this much longer than the limit demands.
_MARGIN = 1.005


def utc_now() -> datetime:
    """Return the present time as an aware datetime in UTC."""
    return datetime.now(UTC)


def make_pseudonyms(settings: Settings) -> Pseudonyms:
    """Return the Pseudonyms with the configured keys.

    Nothing says yet that they belong to the database: see `bot.runtime.keys`. Raises BadKey (NoKey
    if no key is set), and OSError if the key file cannot be read.
    """
    privacy = settings.privacy
    return Pseudonyms(load_keys(privacy.encryption_key, Path(privacy.key_file)))


def configure_suggestions(settings: Settings) -> None:
    """Use the operator's settings for the suggestions of this process. Raises BadSettings."""
    chosen = settings.classification
    try:
        phrases = read_phrases(Path(chosen.danger_phrases)) if chosen.danger_phrases else None
    except BadPhrases as error:
        from bot.runtime.settings import BadSettings  # imports pydantic_settings

        raise BadSettings(f"classification.danger_phrases: {error}") from error
    configure_classifier(Classifier(chosen.danger_threshold or None, phrases))


def make_locator(settings: Settings) -> Locator:
    """Return the locator of units, with the boundaries that the operator imported, if any.

    Raises BadBoundaries if the file of boundaries is damaged.
    """
    from bot.areas.location import Locator

    areas = settings.areas
    if not areas.boundaries or not Path(areas.boundaries).is_file():
        return Locator()
    from bot.areas.boundaries import read_boundaries  # needs shapely, which is optional

    return Locator(read_boundaries(Path(areas.boundaries), areas.code_property or None))


def configure_places(settings: Settings) -> None:
    """Use the operator's landmarks in this process. Raises BadSettings and BadBoundaries."""
    from bot.areas.landmarks import BadLandmarks, configure_landmarks, read_landmarks

    file = settings.areas.landmarks
    try:
        added = read_landmarks(Path(file), make_locator(settings).list_nearby_codes) if file else ()
    except BadLandmarks as error:
        from bot.runtime.settings import BadSettings  # imports pydantic_settings

        raise BadSettings(f"areas.landmarks: {file}: {error}") from error
    configure_landmarks(added)


def make_scanner(settings: Settings) -> VirusScanner | None:
    """Return the configured scanner for malware, or None."""
    from bot.evidence.scanner import VirusScanner

    return VirusScanner(settings.evidence.scanner) if settings.evidence.scanner else None


def make_policy(settings: Settings, pseudonyms: Pseudonyms | None = None) -> Policy:
    """Return the settings that features need as a Policy, with its keys unless they are given.

    Raises BadKey and OSError.
    """
    return Policy(
        working_days=settings.deadlines.working_days,
        calendar=BusinessCalendar(
            settings.locale.zone,
            off=frozenset(settings.deadlines.days_off),
            worked=frozenset(settings.deadlines.worked_days),
        ),
        default_language=settings.locale.default,
        pseudonyms=pseudonyms or make_pseudonyms(settings),
        reopen_within=timedelta(days=settings.deadlines.reopen_days),
        acknowledge_within=timedelta(hours=settings.deadlines.acknowledge_hours),
        urgent_within=timedelta(minutes=settings.deadlines.urgent_minutes),
        limits=SubmissionLimits(
            settings.abuse.opinions_a_day,
            settings.abuse.everybody_a_minute,
            settings.abuse.additions_a_day,
        ),
        channel=settings.forums.channel_id or None,
        report_days=settings.forums.report_days,
        reminder_minutes=settings.forums.minutes,
        announcements_a_day=settings.forums.announcements_a_day,
        allowed_links=frozenset(settings.forums.allowed_links),
    )


def make_case_deadlines(deadlines: DeadlineSettings) -> CaseDeadlines:
    """Return the times at which officers are reminded of cases and answered cases are closed."""
    return CaseDeadlines(
        remind_before=timedelta(hours=deadlines.remind_hours),
        close_after=timedelta(days=deadlines.reopen_days),
        city_after=deadlines.city_after_days,
    )


def make_retention_periods(retention: RetentionSettings) -> RetentionPeriods:
    """Return the times for which closed submissions of each kind are kept."""
    return RetentionPeriods(
        kept={kind: timedelta(days=getattr(retention.closed_days, kind)) for kind in Kind},
        warning=timedelta(days=retention.warning_days),
    )


def make_pacing(limits: RateLimitSettings) -> Pacing:
    """Return the rate limit for all chats, and the pauses in seconds between messages to one."""

    def compute_pause(seconds: float, messages: float) -> float:
        return seconds / messages * _MARGIN if messages else 0.0

    return Pacing(
        messages_per_second=limits.global_per_second,
        private_pause=compute_pause(1, limits.chat_per_second),
        group_pause=compute_pause(60, limits.group_per_minute),
    )


def make_storage_quota(evidence: EvidenceSettings) -> StorageQuota:
    """Return the quota of stored files in bytes."""
    return StorageQuota(
        evidence.megabytes_a_person * _MEGABYTE, evidence.megabytes_in_all * _MEGABYTE
    )
