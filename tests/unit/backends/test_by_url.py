"""Which URL gives which backend, and what is said of those that give none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from acai_jupyter.backends.blobs.local import LocalBlobs
from acai_jupyter.backends.blobs.signing import Signer
from acai_jupyter.backends.bus.local import LocalBus
from acai_jupyter.backends.bus.postgres import PostgresBus
from acai_jupyter.backends.by_url import blobs_by_url, bus_by_url, launcher_by_url, store_by_url
from acai_jupyter.backends.launchers.process import ProcessLauncher
from acai_jupyter.backends.sql.postgres import PostgresStore
from acai_jupyter.backends.sql.sqlite import SqliteStore
from acai_jupyter.config import check_platform_url
from acai_jupyter.domain.errors import AcaiError, BackendNotBuilt, InvalidSetting

SECRET = "s3cr3t-pa55word"


def store(url: str) -> object:
    return store_by_url(url, lambda changed: None)


def bus(url: str) -> object:
    return bus_by_url(url, dict)


def blobs(url: str) -> object:
    return blobs_by_url(url, Signer(b"k" * 32))


def launcher(url: str) -> object:
    return launcher_by_url(url, Path("jobs"))


@pytest.mark.parametrize("spelling", ["sqlite://{}", "sqlite+pysqlite://{}", "SQLite://{}", " sqlite://{} ", "sqlite:///{}"])
def test_a_sqlite_url_gives_a_database_in_that_file(tmp_path: Path, spelling: str) -> None:
    made = store_by_url(spelling.format(tmp_path / "acai.db"), lambda changed: None)
    made.open()
    made.close()
    assert (tmp_path / "acai.db").exists()
    assert isinstance(made, SqliteStore)
    assert isinstance(bus("sqlite:///x/acai.db"), LocalBus)


@pytest.mark.parametrize("name", ["with space", "what?", "a#b", "50%", "é", "a+b", "a;b", "a&b=c", "file:x", ":memory:"])
def test_a_folder_of_any_name_holds_its_own_database(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    made = store_by_url(f"sqlite://{quote(str(tmp_path / name / 'acai.db'))}", lambda changed: None)
    made.open()
    made.close()
    assert (tmp_path / name / "acai.db").exists()


def test_a_file_url_gives_a_folder_of_objects(tmp_path: Path) -> None:
    made = blobs_by_url(f"file://{tmp_path}/a%20b", Signer(b"k" * 32))
    made.write("0a", [b"x"])
    assert isinstance(made, LocalBlobs)
    assert (tmp_path / "a b" / "0a").read_bytes() == b"x"


def test_a_postgresql_url_gives_that_store_and_its_bus() -> None:
    assert isinstance(store("postgresql://ada@localhost/acai"), PostgresStore)
    assert isinstance(bus("postgresql://ada@localhost/acai"), PostgresBus)


def test_the_process_launcher_takes_no_more_than_its_name() -> None:
    assert isinstance(launcher("process:"), ProcessLauncher)
    for url in ("process://host", "process:8", "process"):
        with pytest.raises(InvalidSetting, match="process:"):
            launcher(url)


@pytest.mark.parametrize(
    ("make", "url", "setting", "instead"),
    [
        (blobs, "s3://bucket/prefix", "ACAI_OBJECT_STORE_URL", "file:///path"),
        (blobs, "s3+https://key:" + SECRET + "@host/bucket", "ACAI_OBJECT_STORE_URL", "file:///path"),
        (launcher, "kubernetes://namespace", "ACAI_LAUNCHER_URL", "process:"),
        (launcher, "kubernetes:", "ACAI_LAUNCHER_URL", "process:"),
    ],
)
def test_a_backend_that_is_not_built_is_refused_and_said_so(
    make: Callable[[str], object], url: str, setting: str, instead: str
) -> None:
    with pytest.raises(BackendNotBuilt) as refused:
        make(url)
    assert refused.value.code == "backend_not_built"
    assert setting in str(refused.value)
    assert f"use {instead}" in str(refused.value)


@pytest.mark.parametrize("make", [store, bus, blobs, launcher])
@pytest.mark.parametrize("url", ["", "x", "mysql://u@h/d", "ftp://h", "/home/me/acai.db", "://", ":", "C:\\acai", "🦄://x"])
def test_an_unknown_scheme_is_refused_with_what_to_use(make: Callable[[str], object], url: str) -> None:
    with pytest.raises(InvalidSetting, match=r"^ACAI_\w+_URL .*: use "):
        make(url)


@pytest.mark.parametrize("make", [store, blobs])
@pytest.mark.parametrize(
    "rest", ["//relative/acai", "relative", "", "//host/path", "///a?mode=ro", "///a#b", "///a?", "///a%00b", "//[half"]
)
def test_a_path_that_is_not_absolute_or_says_more_is_refused(make: Callable[[str], object], rest: str) -> None:
    scheme = "sqlite" if make is store else "file"
    with pytest.raises(InvalidSetting, match="three slashes"):
        make(f"{scheme}:{rest}")


@pytest.mark.parametrize("make", [store, bus, blobs, launcher])
@pytest.mark.parametrize(
    "url",
    [
        f"mysql://ada:{SECRET}@host/acai", f"ada:{SECRET}@host/acai", f"sqlite://ada:{SECRET}@host/acai", f"{SECRET}:x",
        f"file://ada:{SECRET}@host/acai", f"s3://key:{SECRET}@bucket", f"kubernetes://t:{SECRET}@h", f"mysql://[{SECRET}", SECRET,
        f"postgresql://ada:{SECRET}@[half/acai", f"postgresql://ada:{SECRET}@host:port/acai", f"process:{SECRET}",
    ],
)  # fmt: skip
def test_a_password_in_a_url_is_never_shown(make: Callable[[str], object], url: str) -> None:
    try:
        make(url)
    except AcaiError as error:
        assert SECRET not in str(error)
        assert SECRET not in repr(error.__cause__)


def test_a_platform_elsewhere_is_not_built_yet() -> None:
    check_platform_url("")
    with pytest.raises(BackendNotBuilt, match="ACAI_URL"):
        check_platform_url(f"https://ada:{SECRET}@hub.example")
