"""Files of the platform's machine: nothing outside of the allowed folders is read, whatever links and URLs say."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from acai_jupyter.backends.blobs.signing import Signer
from acai_jupyter.backends.sources.local import KEY, LocalSources
from acai_jupyter.backends.sources.opening import open_below
from acai_jupyter.domain.errors import (
    BackendNotBuilt,
    FileNotFound,
    Forbidden,
    InvalidInput,
    InvalidRequest,
    LocalFileUnusable,
    SourceChanged,
    SourceNotAllowed,
)
from acai_jupyter.domain.files import Source
from acai_jupyter.ports.sources import SourceFile
from acai_jupyter.wire.addresses import OBJECTS

SIGNER = Signer(b"k" * 32)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for name in ("a", "sub/b", "sub/deep/c", "ü %41 #?"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "data-not").mkdir()
    (tmp_path / "data-not" / "x").write_text("x")
    return folder


@pytest.fixture
def sources(data: Path) -> LocalSources:
    return LocalSources([data], [data / "own"], SIGNER)


def url(path: Path) -> str:
    return f"file://{quote(str(path))}"


def found(sources: LocalSources, path: Path, after: str | None = None) -> dict[str, SourceFile]:
    return {item.name: item for item in sources.walk(url(path), after)}


def only(sources: LocalSources, path: Path) -> tuple[Source, int]:
    (item,) = sources.walk(url(path))
    return item.source, item.size


def read(sources: LocalSources, path: Path) -> bytes:
    return b"".join(sources.read(*only(sources, path)))


def test_a_folder_is_walked_in_a_stable_order_from_any_name_on(sources: LocalSources, data: Path) -> None:
    names = list(found(sources, data))
    assert names == ["a", "ü %41 #?", "sub/b", "sub/deep/c"]
    for at, name in enumerate(names):
        assert list(found(sources, data, name)) == names[at + 1 :]
    assert list(found(sources, data, "m")) == names[1:], "also from a name on that is not there"
    assert list(found(sources, data, "sub/c")) == ["sub/deep/c"]


def test_every_name_comes_back_from_its_url(sources: LocalSources, data: Path) -> None:
    for name, item in found(sources, data).items():
        assert b"".join(sources.read(item.source, item.size)).decode() == name


def test_an_ignore_file_keeps_things_out(sources: LocalSources, data: Path) -> None:
    (data / ".acaiignore").write_text("deep/\n")
    assert list(found(sources, data)) == ["a", "ü %41 #?", "sub/b"]


def test_any_range_can_be_read(sources: LocalSources, data: Path) -> None:
    (data / "large").write_bytes(bytes(range(256)) * 9000)
    source, size = only(sources, data / "large")
    whole = (data / "large").read_bytes()
    for offset, length in ((0, None), (5, 10), (size - 3, 100), (size, 5), (1_048_570, 1_048_590), (0, 0)):
        end = size if length is None else offset + length
        assert b"".join(sources.read(source, size, offset, length)) == whole[offset:end]


def test_what_changes_while_it_is_read_is_told_before_its_last_bytes(sources: LocalSources, data: Path) -> None:
    (data / "large").write_bytes(b"x" * 3_000_000)
    source, size = only(sources, data / "large")
    pieces = sources.read(source, size)
    got = len(next(pieces))
    os.utime(data / "large", ns=(1, 1))
    with pytest.raises(SourceChanged):
        for piece in pieces:
            got += len(piece)
    assert got < size


def test_what_was_cut_short_or_replaced_is_told(sources: LocalSources, data: Path) -> None:
    source, size = only(sources, data / "a")
    stamp = (data / "a").stat().st_mtime_ns
    (data / "a").write_text("")
    os.utime(data / "a", ns=(stamp, stamp))
    with pytest.raises(SourceChanged):
        sources.check(source, size)
    (data / "a").unlink()
    (data / "a").mkdir()
    with pytest.raises(SourceChanged, match=r"not a regular file|Is a directory"):
        sources.check(source, size)


@pytest.mark.parametrize("where", ["secret", "data-not/x", "data/../secret", "data/sub/../../secret", "data-not/"])
def test_nothing_outside_is_registered(sources: LocalSources, tmp_path: Path, where: str) -> None:
    with pytest.raises(SourceNotAllowed, match="ACAI_REGISTER_FOLDERS"):
        found(sources, tmp_path / where)


def test_links_are_followed_within_the_allowed_folder_only(sources: LocalSources, data: Path) -> None:
    (data / "sub" / "up").symlink_to(data / "a")
    assert read(sources, data / "sub" / "up") == b"a"
    assert found(sources, data / "sub")["up"].size == 1
    (data / "sub" / "out").symlink_to(data.parent / "secret")
    with pytest.raises(InvalidInput, match="link out of"):
        found(sources, data / "sub")
    with pytest.raises(SourceNotAllowed):
        only(sources, data / "sub" / "out")
    (data / "folder").symlink_to(data.parent / "data-not")
    with pytest.raises(SourceNotAllowed):
        found(sources, data / "folder")


def test_a_link_that_is_put_in_place_of_a_registered_file_leads_nowhere(sources: LocalSources, data: Path) -> None:
    source, size = only(sources, data / "sub" / "b")
    secret = data.parent / "secret"
    (data / "sub").rename(data / "was")
    (data / "sub").symlink_to(data.parent)
    (data.parent / "b").write_text("sub/b")
    stamp = (data / "was" / "b").stat().st_mtime_ns
    os.utime(data.parent / "b", ns=(stamp, stamp))
    with pytest.raises(SourceNotAllowed):
        b"".join(sources.read(source, size))
    assert secret.read_text() == "secret"


def test_opening_follows_no_link_on_its_way(data: Path) -> None:
    (data / "link").symlink_to(data / "sub")
    (data / "file-link").symlink_to(data / "a")
    for names in (("link", "b"), ("file-link",)):
        with pytest.raises(OSError):
            os.close(open_below(data, names))
    os.close(open_below(data, ("sub", "b")))


def test_links_in_a_circle_and_pipes_are_refused(sources: LocalSources, data: Path) -> None:
    (data / "round").symlink_to(data / "round")
    with pytest.raises((SourceNotAllowed, FileNotFound, SourceChanged)):
        only(sources, data / "round")
    os.mkfifo(data / "pipe")
    with pytest.raises(SourceChanged, match="not a regular file"):
        only(sources, data / "pipe")


def test_what_is_the_platforms_own_is_never_registered(sources: LocalSources, data: Path) -> None:
    (data / "own").mkdir()
    (data / "own" / "key").write_text("key")
    for place in (data, data / "own", data / "own" / "key"):
        with pytest.raises(SourceNotAllowed, match="belongs to the platform"):
            found(sources, place)
    (data / ".acaiignore").write_text("/own/\n")
    assert "a" in found(sources, data)


def test_what_may_not_be_read_is_told_when_it_is_registered(
    sources: LocalSources, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: "deep" not in str(path))  # tests may run as root, who reads all
    with pytest.raises(LocalFileUnusable, match="may not be read"):
        found(sources, data)


def test_a_folder_that_is_no_longer_allowed_is_no_longer_read(sources: LocalSources, data: Path) -> None:
    source, size = only(sources, data / "a")
    with pytest.raises(SourceNotAllowed, match="names none"):
        LocalSources([], [], SIGNER).check(source, size)


def test_urls_of_other_kinds_are_refused(sources: LocalSources) -> None:
    with pytest.raises(BackendNotBuilt, match="S3"):
        sources.is_folder("s3://bucket/data/")
    for wrong in (
        "/mnt/data",
        "file://host/data",
        "file:data",
        "http://host/data",
        "file:///data?x",
        "file:///a%00b",
        "",
        "file://[",
    ):
        with pytest.raises(InvalidRequest, match=r"file:///mnt/data/|%3F"):
            sources.is_folder(wrong)


def test_what_is_not_there_is_told(sources: LocalSources, data: Path) -> None:
    with pytest.raises(FileNotFound, match="nothing at"):
        found(sources, data / "nowhere")


def test_a_signed_request_is_for_these_bytes_only_and_shows_no_altered_path(sources: LocalSources, data: Path) -> None:
    source, size = only(sources, data / "a")
    request = sources.sign_download(source, size, "http://localhost/", 60)
    parts = urlsplit(request.url)
    assert parts.path == f"{OBJECTS}{KEY}"
    given = dict(parse_qsl(parts.query))
    grant = SIGNER.check("GET", KEY, given)
    assert (grant.source, grant.version, grant.size) == (source.url, source.version, size)
    for name, value in {"source": url(data / "sub" / "b"), "version": "1", "size": "9"}.items():
        with pytest.raises(Forbidden):
            SIGNER.check("GET", KEY, {**given, name: value})
    with pytest.raises(Forbidden):
        SIGNER.check("PUT", KEY, given)
    with pytest.raises(Forbidden):
        SIGNER.check("GET", "abcd", given)
