"""The object store: objects are whole or not there, are written once, and are reached only by what was signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.errors import AcaiError, BlobExists, BlobNotFound, DigestMismatch, Forbidden, UploadIncomplete
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.transfers import SignedRequest
from acai_jupyter.domain.uploads import ObjectKind, UploadObject
from tests.contracts.backends import BASE_URL, BlobHouse
from tests.contracts.threads import together

PREFIX = "0a0b/0c0d"
KEY = f"{PREFIX}/0e0f"


def single(data: bytes, key: str = KEY) -> UploadObject:
    return UploadObject(0, new_id(), ObjectKind.SINGLE, key, len(data), of_bytes(data))


def sign(house: BlobHouse, item: UploadObject, seconds: int = 60) -> SignedRequest:
    (request,) = house.store.sign_upload(item, BASE_URL, seconds).requests
    assert request is not None
    return request


def put(house: BlobHouse, data: bytes, key: str = KEY) -> UploadObject:
    item = single(data, key)
    request = sign(house, item)
    house.send(request.method, request.url, data)
    house.store.complete(item)
    return item


def read(house: BlobHouse, key: str = KEY, offset: int = 0, length: int | None = None) -> bytes:
    return b"".join(house.store.read(key, offset, length))


def absent(house: BlobHouse, key: str = KEY) -> bool:
    with pytest.raises(BlobNotFound):
        read(house, key)
    return True


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 9000])
def test_an_object_that_was_sent_is_read_back(house: BlobHouse, data: bytes) -> None:
    put(house, data)
    assert read(house) == data


@pytest.mark.parametrize(
    ("offset", "length", "found"),
    [(0, 3, b"012"), (3, None, b"3456789"), (8, 5, b"89"), (10, 1, b""), (99, None, b""), (2, 0, b""), (0, None, b"0123456789")],
)
def test_a_range_is_read_as_far_as_the_object_goes(house: BlobHouse, offset: int, length: int | None, found: bytes) -> None:
    put(house, b"0123456789")
    assert read(house, KEY, offset, length) == found


def test_a_range_of_a_large_object_is_exact_across_pieces(house: BlobHouse) -> None:
    data = bytes(range(251)) * 12_000
    put(house, data)
    assert read(house, KEY, 1_048_570, 1_048_600) == data[1_048_570 : 1_048_570 + 1_048_600]


def test_what_is_not_there_is_not_found(house: BlobHouse) -> None:
    assert absent(house)
    put(house, b"x")
    assert absent(house, PREFIX)
    assert absent(house, f"{KEY}/00")


def test_the_platforms_own_objects_are_written_once(house: BlobHouse) -> None:
    assert house.store.write(KEY, iter([b"ab", b"", b"c"])) == 3
    with pytest.raises(BlobExists):
        house.store.write(KEY, [b"other"])
    assert read(house) == b"abc"


def test_a_write_that_fails_in_the_middle_leaves_nothing(house: BlobHouse) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        assert absent(house)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        house.store.write(KEY, pieces())
    assert absent(house)
    assert house.store.write(KEY, [b"whole"]) == 5


def test_an_upload_that_breaks_off_is_never_visible_and_can_be_sent_again(house: BlobHouse) -> None:
    item = single(b"0123456789")
    request = sign(house, item)
    house.send(request.method, request.url, b"0123456789", cut_at=4)
    assert absent(house)
    with pytest.raises(UploadIncomplete):
        house.store.complete(item)
    house.send(request.method, request.url, b"0123456789")
    house.store.complete(item)
    assert read(house) == b"0123456789"


@pytest.mark.parametrize("data", [b"012345678X", b"012345678", b"0123456789more", b""])
def test_bytes_that_are_not_those_that_were_signed_are_refused(house: BlobHouse, data: bytes) -> None:
    request = sign(house, single(b"0123456789"))
    with pytest.raises(DigestMismatch):
        house.send(request.method, request.url, data)
    assert absent(house)


def test_a_second_upload_to_a_key_is_refused_and_changes_nothing(house: BlobHouse) -> None:
    requests = [(data, sign(house, single(data))) for data in (b"first", b"other")]
    put(house, b"first")
    for data, request in requests:
        with pytest.raises(BlobExists):
            house.send(request.method, request.url, data)
    assert read(house) == b"first"


def test_of_uploads_to_one_key_at_once_one_wins_whole(house: BlobHouse) -> None:
    datas = [bytes([number]) * 100_000 for number in range(6)]

    requests = [sign(house, single(data)) for data in datas]  # before any is there: what is there is not asked for again

    def try_to_send(number: int) -> bytes | None:
        try:
            house.send(requests[number].method, requests[number].url, datas[number])
        except BlobExists:
            return None
        return datas[number]

    tried = together([lambda number=number: try_to_send(number) for number in range(len(datas))])
    assert [data for data in tried if data is not None] == [read(house)]


def test_completing_can_be_repeated(house: BlobHouse) -> None:
    item = put(house, b"x")
    house.store.complete(item)
    house.store.complete(item)


def test_an_object_of_another_size_is_not_taken_for_complete(house: BlobHouse) -> None:
    put(house, b"12345")
    with pytest.raises(DigestMismatch):
        house.store.complete(single(b"123456"))


def test_a_prefix_is_removed_with_all_below_and_nothing_beside(house: BlobHouse) -> None:
    for key in (KEY, f"{PREFIX}/0e0f0", f"{PREFIX}0/01", "0a0b/0c", "0a0bff"):
        put(house, key.encode(), key)
    broken = single(b"0123", f"{PREFIX}/aa")
    house.send("PUT", sign(house, broken).url, b"0123", cut_at=2)
    house.store.delete_prefix(PREFIX)
    assert absent(house)
    assert absent(house, f"{PREFIX}/0e0f0")
    assert [read(house, key) for key in (f"{PREFIX}0/01", "0a0b/0c", "0a0bff")] == [b"0a0b/0c0d0/01", b"0a0b/0c", b"0a0bff"]
    house.store.delete_prefix(PREFIX)
    house.store.delete_prefix("ff/ff")


def test_removing_a_prefix_from_several_threads_at_once_is_no_error(house: BlobHouse) -> None:
    for number in range(40):
        put(house, b"x", f"{PREFIX}/{number:02x}")
    together([lambda: house.store.delete_prefix(PREFIX)] * 6)
    assert absent(house, f"{PREFIX}/00")


def test_where_an_object_lies_on_a_disk_its_bytes_are_those_that_are_fetched(house: BlobHouse) -> None:
    """A store that is on no disk says nothing of one."""
    put(house, b"one")
    request = house.store.sign_download(KEY, BASE_URL, 60)
    assert request.local is None or Path(request.local).read_bytes() == house.fetch(request.method, request.url) == b"one"
    assert request.local is None or request.local not in request.url


def test_a_download_is_signed_for_one_object(house: BlobHouse) -> None:
    put(house, b"mine")
    put(house, b"other", f"{PREFIX}/ff")
    request = house.store.sign_download(KEY, BASE_URL, 60)
    assert request.method == "GET"
    assert house.fetch("GET", request.url) == b"mine"
    with pytest.raises(Forbidden):
        house.fetch("GET", request.url.replace(KEY, f"{PREFIX}/ff"))


def altered(url: str, **changes: Any) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    for name, value in changes.items():
        query.pop(name, None) if value is None else query.update({name: str(value)})
    return f"{url.partition('?')[0]}?{urlencode(query)}"


@pytest.mark.parametrize(
    "change",
    [
        {"signature": None}, {"signature": ""}, {"signature": "0" * 64}, {"signature": "é"}, {"expires": 9_999_999_999},
        {"expires": None}, {"expires": "soon"}, {"expires": "9" * 5000}, {"size": 5}, {"size": None}, {"size": "x"},
        {"sha256": hashlib.sha256(b"other").hexdigest()}, {"sha256": None}, {"part": 0}, {"part": 0, "upload": "00"},
        {"upload": "00"},
    ],
)  # fmt: skip
def test_an_upload_that_was_altered_is_refused(house: BlobHouse, change: dict[str, Any]) -> None:
    url = sign(house, single(b"0123")).url
    with pytest.raises(Forbidden):
        house.send("PUT", altered(url, **change), b"0123")
    assert absent(house)


def test_a_signature_serves_its_own_purpose_only(house: BlobHouse) -> None:
    upload = sign(house, single(b"0123")).url
    with pytest.raises(Forbidden):
        house.fetch("GET", upload)
    put(house, b"0123")
    download = house.store.sign_download(KEY, BASE_URL, 60).url
    for method in ("PUT", "DELETE", "POST"):
        with pytest.raises(Forbidden):
            house.send(method, download, b"0123")
    assert house.fetch("HEAD", download) == b"0123"


def test_a_signature_expires(house: BlobHouse) -> None:
    upload = sign(house, single(b"0123"), seconds=60).url
    house.advance(59)
    house.send("PUT", upload, b"0123")
    download = house.store.sign_download(KEY, BASE_URL, 60).url
    house.advance(61)
    with pytest.raises(Forbidden, match="expired"):
        house.fetch("GET", download)
    with pytest.raises(Forbidden, match="expired"):
        house.send("PUT", upload, b"0123")


@pytest.mark.parametrize(
    "key",
    [
        "..",
        "../secret",
        "0a/../../secret",
        "/etc/passwd",
        "0a//0b",
        "0a/./0b",
        "",
        "0a/",
        "0a\\0b",
        "0a\0",
        "0A",
        "0a/%2e%2e",
        "%30",
    ],
)
def test_what_is_no_key_reaches_nothing(house: BlobHouse, key: str) -> None:
    uses = (lambda: read(house, key), lambda: house.store.write(key, [b"x"]), lambda: house.store.delete_prefix(key))
    for use in uses:
        with pytest.raises(AcaiError) as refused:
            use()
        assert isinstance(refused.value, Forbidden | BlobNotFound)
