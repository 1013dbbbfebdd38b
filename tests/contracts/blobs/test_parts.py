"""Large objects, in parts: sealed only when all parts are there, whatever their order, and never changed afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from acai_jupyter.domain.digests import PART_SIZE, composite
from acai_jupyter.domain.errors import AcaiError, BlobExists, BlobNotFound, DigestMismatch, Forbidden, UploadIncomplete
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.uploads import ObjectKind, UploadObject
from tests.contracts.backends import BASE_URL, BlobHouse

KEY = "0a0b/0c0d/0e0f"
FIRST = bytes(PART_SIZE)
LAST = b"the end"


def large(first: bytes = FIRST, last: bytes = LAST) -> UploadObject:
    parts = tuple(hashlib.sha256(part).digest() for part in (first, last))
    return UploadObject(0, new_id(), ObjectKind.MULTIPART, KEY, PART_SIZE + len(last), composite(list(parts)), parts)


def begin(house: BlobHouse, item: UploadObject) -> tuple[UploadObject, list[str]]:
    """The object with its upload begun, and the addresses of its parts; none for what has arrived."""
    signed = house.store.sign_upload(item, BASE_URL, 600)
    return replace(item, multipart_id=signed.multipart_id), [request.url if request else "" for request in signed.requests]


def absent(house: BlobHouse) -> bool:
    with pytest.raises(BlobNotFound):
        next(house.store.read(KEY))
    return True


def test_parts_sent_in_any_order_become_one_object(house: BlobHouse) -> None:
    item, urls = begin(house, large())
    house.send("PUT", urls[1], LAST)
    with pytest.raises(UploadIncomplete):
        house.store.complete(item)
    assert absent(house)
    house.send("PUT", urls[0], FIRST)
    assert absent(house)
    house.store.complete(item)
    house.store.complete(item)
    assert b"".join(house.store.read(KEY, PART_SIZE - 2)) == b"\0\0" + LAST


def test_a_part_that_broke_off_or_was_damaged_is_sent_again(house: BlobHouse) -> None:
    item, urls = begin(house, large())
    house.send("PUT", urls[0], FIRST)
    house.send("PUT", urls[1], LAST, cut_at=3)
    with pytest.raises(UploadIncomplete, match="2 of 2"):
        house.store.complete(item)
    for wrong in (b"THE END", b"the en", b"the end!"):
        with pytest.raises(DigestMismatch):
            house.send("PUT", urls[1], wrong)
    house.send("PUT", urls[1], LAST)
    house.store.complete(item)
    assert b"".join(house.store.read(KEY, PART_SIZE)) == LAST


def test_addresses_asked_for_again_go_on_with_the_same_upload(house: BlobHouse) -> None:
    item, urls = begin(house, large())
    house.send("PUT", urls[0], FIRST)
    again, urls = begin(house, item)
    assert again.multipart_id == item.multipart_id
    house.send("PUT", urls[1], LAST)
    house.store.complete(again)
    assert b"".join(house.store.read(KEY, PART_SIZE)) == LAST


def test_an_address_serves_its_own_part_only(house: BlobHouse) -> None:
    _, urls = begin(house, large())
    with pytest.raises(DigestMismatch):
        house.send("PUT", urls[0], LAST)
    with pytest.raises(Forbidden):
        house.send("PUT", urls[1].replace("part=1", "part=0"), LAST)


def test_a_part_is_not_sent_twice_nor_after_the_object_is_whole(house: BlobHouse) -> None:
    item, urls = begin(house, large())
    house.send("PUT", urls[1], LAST)
    with pytest.raises(BlobExists):
        house.send("PUT", urls[1], LAST)
    house.send("PUT", urls[0], FIRST)
    house.store.complete(item)
    for url, data in zip(urls, (FIRST, LAST), strict=True):
        with pytest.raises(BlobExists):
            house.send("PUT", url, data)


def test_parts_that_are_not_those_of_the_digest_are_refused(house: BlobHouse) -> None:
    item, urls = begin(house, replace(large(), digest=large(last=b"another").digest))
    house.send("PUT", urls[0], FIRST)
    house.send("PUT", urls[1], LAST)
    with pytest.raises(DigestMismatch):
        house.store.complete(item)
    assert absent(house)


def test_an_upload_that_was_given_up_leaves_nothing(house: BlobHouse) -> None:
    item, urls = begin(house, large())
    house.send("PUT", urls[1], LAST)
    house.store.delete_prefix("0a0b/0c0d")
    with pytest.raises(AcaiError):
        house.store.complete(item)
    assert absent(house)
