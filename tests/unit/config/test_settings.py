from __future__ import annotations

import getpass
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.config import Settings, from_environment, load, login_name, variable
from acai_jupyter.domain.access import check_name
from acai_jupyter.domain.errors import InvalidSetting

NUMBERS = [setting.name for setting in fields(Settings) if isinstance(setting.default, int | float)]
WHOLE = [setting.name for setting in fields(Settings) if isinstance(setting.default, int)]
MAY_BE_ZERO = [
    "capacity_cpu",
    "capacity_gpu",
    "capacity_memory_mb",
    "input_cache_bytes",
    "gpu_max",
    "cpu_hour_price",
    "memory_gib_hour_price",
    "gpu_hour_price",
    "idle_timeout_seconds",
    "hand_over",
    "webhook_private_addresses",
]


def test_without_anything_the_embedded_default_is_whole() -> None:
    settings = load({}, {})
    assert settings == Settings()
    assert settings.home_folder.name == "acai"
    assert settings.database.startswith("sqlite:///") and settings.object_store.startswith("file://")


def test_every_setting_has_its_variable_and_a_help_that_ends_like_a_sentence() -> None:
    for setting in fields(Settings):
        assert variable(setting.name) == f"ACAI_{setting.name.upper()}"
        assert setting.metadata["help"].endswith(".")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_is_read_from_its_variable(setting: object) -> None:
    name, default = setting.name, setting.default  # type: ignore[attr-defined]
    text = "username" if name == "identity" else "7" if isinstance(default, int | float) else "x1"
    read = from_environment({variable(name): text})
    assert read == {name: type(default)(text)}
    assert type(read[name]) is type(default)


def test_what_is_given_goes_before_the_environment_and_that_before_the_defaults() -> None:
    environment = {"ACAI_QUOTA": "7", "ACAI_PROJECT": "physics", "ACAI_USER": "", "HOME": "/nowhere"}
    settings = load({"quota": 9}, environment)
    assert (settings.quota, settings.project, settings.user, settings.default_cpu) == (9, "physics", "", 1.0)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("text", ["x", " 5", "5 ", "1_000", "٥", "+5", "5.0", "1e3", "0x10", "nan", "9" * 5000])
def test_a_text_that_is_no_whole_number_is_refused_with_the_variable(name: str, text: str) -> None:
    with pytest.raises(InvalidSetting, match=f"^{variable(name)}=.* is not a whole number") as caught:
        load({}, {variable(name): text})
    assert caught.value.message.isprintable() and len(caught.value.message) < 300


@pytest.mark.parametrize("text", ["x", " 5", "1_000", "٥", "nan", "inf", "-inf", "infinity", "1,5", ".", "1e", "\n"])
def test_a_text_that_is_no_number_is_refused_with_the_variable(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"^ACAI_TICK_SECONDS=.* is not a number"):
        load({}, {"ACAI_TICK_SECONDS": text})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 10**13])
def test_a_number_that_nothing_can_have_is_refused_with_the_variable(name: str, value: float) -> None:
    with pytest.raises(InvalidSetting, match=f"^{variable(name)} must be "):
        load({name: value}, {})


@pytest.mark.parametrize("name", NUMBERS)
def test_zero_is_for_what_may_be_nothing(name: str) -> None:
    if name in MAY_BE_ZERO:
        assert getattr(load({name: 0}, {}), name) == 0
    else:
        with pytest.raises(InvalidSetting, match=f"^{variable(name)} must be greater than 0"):
            load({name: 0}, {})


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"ACAI_CPU_MIN": "9"}, "ACAI_CPU_MIN=9.0 must not be greater than ACAI_CPU_MAX=8.0"),
        ({"ACAI_CPU_MAX": "0.5"}, "ACAI_DEFAULT_CPU=1.0 must not be greater than ACAI_CPU_MAX=0.5"),
        ({"ACAI_CPU_MIN": "2"}, "ACAI_CPU_MIN=2.0 must not be greater than ACAI_DEFAULT_CPU=1.0"),
        ({"ACAI_MEMORY_MIN_MB": "9000"}, "ACAI_MEMORY_MIN_MB=9000 must not be greater than ACAI_MEMORY_MAX_MB=8192"),
        ({"ACAI_MEMORY_MAX_MB": "512"}, "ACAI_DEFAULT_MEMORY_MB=1024 must not be greater than ACAI_MEMORY_MAX_MB=512"),
        ({"ACAI_IDENTITY": "anybody"}, "ACAI_IDENTITY must be owner or username, not 'anybody'"),
        ({"ACAI_URL_LIFETIME_SECONDS": "86400"}, "ACAI_URL_LIFETIME_SECONDS must be less than a day"),
        ({"ACAI_PROJECT": "a b"}, "ACAI_PROJECT: 'a b' can't name a project"),
        ({"ACAI_USER": "../x"}, "ACAI_USER: '../x' can't name a user"),
        ({"ACAI_HOME": "~nobody-of-that-name/x"}, "ACAI_HOME='~nobody-of-that-name/x' names the home of nobody"),
    ],
)
def test_settings_that_can_not_be_are_refused_in_one_line(environment: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        load({}, environment)
    assert caught.value.message.startswith(says) and caught.value.message.isprintable()
    assert caught.value.code == "invalid_setting"


@given(
    st.dictionaries(st.sampled_from([variable(setting.name) for setting in fields(Settings)]), st.text(max_size=10), max_size=4)
)
def test_any_environment_gives_settings_or_an_error_of_ours(environment: dict[str, str]) -> None:
    try:
        assert load({}, environment).quota > 0
    except InvalidSetting as error:
        assert error.message.isprintable()


def test_a_home_is_a_whole_path_and_carries_database_and_objects(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({"home": "my data?#"}, {})
    assert settings.home_folder == tmp_path / "my data?#"
    assert settings.database == f"sqlite:///{tmp_path}/my%20data%3F%23/acai.db"
    assert settings.object_store == f"file://{tmp_path}/my%20data%3F%23/objects"
    monkeypatch.setenv("HOME", "/home/john")
    assert load({"home": "~/acai"}, {}).home_folder == Path("/home/john/acai")


def test_without_a_home_the_data_lies_where_jupyter_keeps_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert load({}, {}).home_folder == tmp_path / "acai"


def test_urls_that_are_given_are_taken_as_they_are() -> None:
    given_urls = {"database_url": "postgresql://host/db", "object_store_url": "s3://bucket/prefix"}
    settings = load(given_urls, {})
    assert (settings.database, settings.object_store) == ("postgresql://host/db", "s3://bucket/prefix")


@pytest.mark.parametrize(
    ("login", "name"),
    [
        ("john", "john"),
        ("CORP\\john", "CORP-john"),
        ("john doe", "john-doe"),
        ("_www", "www"),
        ("josé", "josé"),
        ("x" * 80, "x" * 64),
        ("__", "owner"),
    ],
)
def test_whatever_the_login_is_called_it_can_name_a_user(monkeypatch: pytest.MonkeyPatch, login: str, name: str) -> None:
    for what in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(what, login)
    assert getpass.getuser() == login
    assert login_name() == load({}, {}).user_name == check_name(name, "user")
    assert load({"user": "jane"}, {}).user_name == "jane"


@pytest.mark.parametrize(
    ("bars", "said"),
    [
        ("(?P<step>[0-9]+", "missing"),
        (r"(?=a)(?P<step>x)(?P<steps>y)", "perl operator"),
        ("(?P<step>x)", "groups step and steps"),
    ],
)
def test_a_pattern_for_progress_bars_that_cannot_be_is_refused_in_one_line(bars: str, said: str) -> None:
    with pytest.raises(InvalidSetting, match=said):
        load({"progress_bars": bars}, {})
