"""Settings: complete in the example file, and refused if they are wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.runtime.settings import BadSettings, Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def list_keys(model: type[BaseModel]) -> dict[str, Any]:
    """Return every key of a settings model, nested as in the file."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner = field.annotation
        nested = isinstance(inner, type) and issubclass(inner, BaseModel)
        found[name] = list_keys(inner) if nested and isinstance(inner, type) else None
    return found


def list_file_keys(content: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of a parsed file, nested."""
    return {k: list_file_keys(v) if isinstance(v, dict) else None for k, v in content.items()}


def test_the_example_has_every_setting_and_no_other() -> None:
    """The example file documents every setting."""
    assert list_file_keys(tomllib.loads(EXAMPLE.read_text("utf-8"))) == list_keys(Settings)


def test_the_example_states_the_defaults() -> None:
    """A copy of the example changes nothing."""
    assert load_settings(EXAMPLE) == Settings()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[telegram]\ntokn = 'x'", "telegram.tokn: no such setting; known are token"),
        ("[telegram]\ntoken = 'abc'", "telegram.token: is not a bot token"),
        ("[telegram]\nmode = 'pigeon'", "'polling' or 'webhook'"),
        ("[locale]\ntimezone = 'Asia/Haiphong'", "locale.timezone: is not a time zone"),
        ("[ops]\nlisten_port = 99999", "ops.listen_port"),
        ("[deadlines]\nreport = 0", "deadlines.report"),
        ("[colours]\nred = 1", "colours: no such setting"),
        ("not toml", "not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    tmp_path: Path, content: str, says: str
) -> None:
    """One line: the setting, the problem, and the allowed values."""
    path = tmp_path / "config.toml"
    path.write_text(content)
    with pytest.raises(BadSettings) as refused:
        load_settings(path)
    assert says in str(refused.value)
    assert "abc" not in str(refused.value)  # a token is not repeated


def test_the_environment_overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each key has an environment variable."""
    path = tmp_path / "config.toml"
    path.write_text("[ops]\nlisten_port = 1\nlisten_host = '127.0.0.2'")
    monkeypatch.setenv("BOT_OPS__LISTEN_PORT", "2")
    settings = load_settings(path)
    assert (settings.ops.listen_port, settings.ops.listen_host) == (2, "127.0.0.2")


@pytest.mark.parametrize("variable", ["BOT_TOKEN", "BOT_TELEGRAM__TOKN", "BOT_OPS__PORT"])
def test_an_unknown_variable_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Otherwise a misspelt variable would silently have no effect."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "x")
    with pytest.raises(BadSettings, match="no such setting"):
        load_settings()
