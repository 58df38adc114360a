"""Settings: what is wrong is named in a sentence, and what is not given has a sensible value."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.commands.running import read_settings
from assistant.errors import ConfigurationError
from assistant.settings import Settings, local_time_zone, make_folder


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # without a .env


def test_without_any_setting_everything_stays_on_this_machine() -> None:
    settings = read_settings()
    assert settings.host == "127.0.0.1"
    assert (settings.port, settings.database_url, settings.redis_url, settings.openai_url) == (8000, None, None, None)
    assert settings.ollama_url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TWINNING_PORT", "abc", "TWINNING_PORT: "),
        ("TWINNING_PORT", "70000", "TWINNING_PORT: "),
        ("TWINNING_PORT", "-1", "TWINNING_PORT: "),
        ("TWINNING_TIME_ZONE", "Mars/Olympus", "use a name such as Europe/Berlin"),
        ("TWINNING_TIME_ZONE", "../../etc/passwd", "TWINNING_TIME_ZONE: "),
        ("TWINNING_WEEK_START", "7", "TWINNING_WEEK_START: "),
        ("TWINNING_MODEL_THREADS", "0", "TWINNING_MODEL_THREADS: "),
        ("TWINNING_NOW", "yesterday", "TWINNING_NOW: "),
        ("TWINNING_NOW", "2026-03-01T09:00:00", "TWINNING_NOW: "),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_wrong_settings_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_PORT", "abc")
    monkeypatch.setenv("TWINNING_WEEK_START", "x")
    with pytest.raises(ConfigurationError, match=r"TWINNING_PORT.*TWINNING_WEEK_START"):
        read_settings()


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_PORT", "")
    assert read_settings().port == 8000


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TWINNING_PORT=8123\nTWINNING_WEEK_START=6\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("TWINNING_PORT", "8124")
    settings = read_settings()
    assert (settings.port, settings.week_start) == (8124, 6)


def test_a_fixed_clock_stands_still_in_the_persons_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_NOW", "2026-03-01T23:30:00+00:00")
    monkeypatch.setenv("TWINNING_TIME_ZONE", "Europe/Berlin")
    clock = read_settings().clock()
    assert clock.isoformat() == "2026-03-02T00:30:00+01:00"
    assert read_settings().clock() == clock


def test_the_clock_goes_when_it_is_not_fixed() -> None:
    assert abs(Settings().clock() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


@pytest.mark.parametrize(
    ("zone", "expected"), [("Asia/Tokyo", "Asia/Tokyo"), (":Asia/Tokyo", "Asia/Tokyo"), ("??", "UTC")]
)
def test_the_machines_zone_is_taken_where_it_can_be_told(
    monkeypatch: pytest.MonkeyPatch, zone: str, expected: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    assert local_time_zone() == expected


def test_settings_do_not_change_while_the_program_runs() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


def test_a_key_is_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINNING_OPENAI_API_KEY", "sk-very-secret")
    assert "very-secret" not in repr(read_settings())


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    made = make_folder(tmp_path / "a" / "b", mode=0o700)
    assert made.is_dir()
    assert os.access(made, os.W_OK)


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="TWINNING_DATA_DIR"):
        make_folder(tmp_path / "file" / "data")
