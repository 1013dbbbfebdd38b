"""What is the local object store's own: its folder, its key, and requests that meet."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from acai_jupyter.backends.blobs.signing import Grant, Signer, shared_key
from acai_jupyter.domain.digests import PART_SIZE, composite, of_bytes
from acai_jupyter.domain.errors import BlobExists, BlobNotFound, Forbidden, InvalidSetting, StoreUnavailable
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.uploads import ObjectKind, UploadObject
from tests.contracts.backends import BASE_URL, LocalHouse
from tests.contracts.threads import together

KEY = "0a0b/0c0d/0e0f"


@pytest.fixture
def house(tmp_path: Path) -> LocalHouse:
    return LocalHouse(tmp_path)


def grant_for(house: LocalHouse, item: UploadObject, part: int = 0) -> tuple[UploadObject, Grant]:
    signed = house.store.sign_upload(item, BASE_URL, 600)
    url = signed.requests[part].url
    return replace(item, multipart_id=signed.multipart_id), house.store.check("PUT", *house._parts(url))


def large(size: int = PART_SIZE + 4) -> UploadObject:
    parts = (hashlib.sha256(bytes(PART_SIZE)).digest(), hashlib.sha256(b"last").digest())
    return UploadObject(0, new_id(), ObjectKind.MULTIPART, KEY, size, composite(list(parts)), parts)


def test_what_has_arrived_needs_no_request(house: LocalHouse) -> None:
    item, grant = grant_for(house, large(), part=1)
    receiver = house.store.receive(grant)
    receiver.write(b"last")
    receiver.finish()
    receiver.close()
    first, last = house.store.sign_upload(item, BASE_URL, 600).requests
    assert first is not None
    assert last is None


def test_two_requests_never_write_one_part_at_once(house: LocalHouse) -> None:
    _, grant = grant_for(house, large(), part=1)
    first = house.store.receive(grant)
    first.write(b"la")
    with pytest.raises(StoreUnavailable, match="another request"):
        house.store.receive(grant)
    first.close()
    second = house.store.receive(grant)
    second.write(b"last")
    second.finish()
    second.close()
    with pytest.raises(BlobExists):
        house.store.receive(grant)


def test_sealing_from_two_threads_at_once_works_for_both(house: LocalHouse) -> None:
    item, _ = grant_for(house, large())
    for part, data in ((1, b"last"), (0, bytes(PART_SIZE))):
        item, grant = grant_for(house, item, part)
        receiver = house.store.receive(grant)
        receiver.write(data)
        receiver.finish()
        receiver.close()
    together([lambda: house.store.complete(item)] * 4)
    folder = house.root / "0a0b" / "0c0d"
    assert [path.name for path in folder.iterdir()] == ["0e0f"]


def test_what_a_crash_left_of_an_upload_is_written_over(house: LocalHouse) -> None:
    item = UploadObject(0, new_id(), ObjectKind.SINGLE, KEY, 4, of_bytes(b"good"))
    _, grant = grant_for(house, item)
    crashed = house.store.receive(grant)
    crashed.write(b"go")
    receiver = house.store.receive(grant)
    receiver.write(b"good")
    receiver.finish()
    receiver.close()
    crashed.close()
    assert b"".join(house.store.read(KEY)) == b"good"
    assert [path.name for path in (house.root / "0a0b" / "0c0d").iterdir()] == ["0e0f"]


def test_a_folder_whose_name_goes_on_is_another_folder(tmp_path: Path) -> None:
    secret = tmp_path / "objects-secret" / "0a"
    secret.parent.mkdir()
    secret.write_bytes(b"secret")
    house = LocalHouse(tmp_path)
    for key in ("../objects-secret/0a", "-secret/0a", "0a/../../objects-secret/0a"):
        with pytest.raises(Forbidden):
            next(house.store.read(key))


@pytest.mark.parametrize("link", ["0a", "0a0b", "0a0b/0c0d", KEY])
def test_a_symbolic_link_is_never_followed(tmp_path: Path, link: str) -> None:
    house = LocalHouse(tmp_path)
    outside = tmp_path / "outside"
    (outside / "0c0d").mkdir(parents=True)
    (outside / "0e0f").write_bytes(b"secret")
    place = house.root / link
    place.parent.mkdir(parents=True)
    place.symlink_to(outside / "0e0f" if link == KEY else outside)
    keys = {"0a": "0a/0e0f", "0a0b": "0a0b/0c0d", "0a0b/0c0d": KEY, KEY: KEY}
    for use in (
        lambda: next(house.store.read(keys[link])),
        lambda: house.store.size(keys[link]),
        lambda: house.store.write(keys[link], [b"x"]),
        lambda: house.store.delete_prefix(keys[link]),
    ):
        with pytest.raises(Forbidden, match="symbolic link"):
            use()
    assert (outside / "0e0f").read_bytes() == b"secret"


def test_the_root_itself_may_be_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "objects").symlink_to(tmp_path / "real")
    house = LocalHouse(tmp_path)
    house.store.write(KEY, [b"x"])
    assert (tmp_path / "real" / KEY).read_bytes() == b"x"


def test_the_size_of_an_object_is_known_and_of_none_is_not_found(house: LocalHouse) -> None:
    house.store.write(KEY, [b"1234"])
    assert house.store.size(KEY) == 4
    with pytest.raises(BlobNotFound):
        house.store.size("0a0b/0c0d/ff")


def test_errors_of_the_disk_say_what_to_do(house: LocalHouse) -> None:
    house.root.write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreUnavailable, match="can't be used"):
        house.store.write(KEY, [b"x"])


def test_a_url_lies_below_the_address_at_which_the_client_reaches_the_platform(house: LocalHouse) -> None:
    url = house.store.sign_download(KEY, "https://hub.example/user/ada/", 60).url
    assert url.startswith("https://hub.example/user/ada/acai/")
    assert urlsplit(url).path.endswith(KEY)


def test_a_signature_of_another_key_is_worth_nothing(house: LocalHouse) -> None:
    other = Signer(b"x" * 32, lambda: 0.0)
    url = other.url(Grant("GET", KEY, 9_999_999_999), BASE_URL)
    with pytest.raises(Forbidden):
        house.store.check("GET", *house._parts(url))


def test_all_servers_of_a_home_share_one_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "objects"
    keys = together([lambda: shared_key(path)] * 8)
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["objects"]


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_damaged_key_is_never_signed_with(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "objects"
    path.write_bytes(content)
    with pytest.raises(InvalidSetting, match="remove it"):
        shared_key(path)
