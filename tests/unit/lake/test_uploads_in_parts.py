"""Large files, which go in parts: all parts of one come together, whoever asks for their addresses, and when."""

from __future__ import annotations

import hashlib
from typing import Any

from acai_jupyter.domain.digests import PART_SIZE, composite
from acai_jupyter.domain.uploads import CarriedFile, DeclaredFile, ObjectKind, Purpose, UploadState, WantedObject
from acai_jupyter.lake.uploads import Uploads
from tests.contracts.backends import BASE_URL
from tests.unit.lake.world import LIFETIME_S, World

PARTS = (bytes(PART_SIZE), b"the end")
SUMS = tuple(hashlib.sha256(part).digest() for part in PARTS)
DIGEST = composite(list(SUMS))
SIZE = sum(map(len, PARTS))
LARGE = WantedObject(0, ObjectKind.MULTIPART, SIZE, DIGEST, (CarriedFile(0, 0),), SUMS)


def test_two_calls_for_the_parts_of_one_object_get_addresses_of_one_upload(world: World) -> None:
    upload = world.uploads.begin(world.ada, Purpose.FILES, [DeclaredFile("/large", SIZE, DIGEST)]).session.id
    inner: list[Any] = []

    class AsksMeanwhile:
        """An object store at which another request for the same addresses comes in between."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.blobs, name)

        def sign_upload(self, *given: Any) -> Any:
            signed = world.blobs.sign_upload(*given)
            if not inner:
                inner.extend(world.uploads.urls(world.ada, upload, [LARGE], BASE_URL))
            return signed

    outer = Uploads(world.store, AsksMeanwhile(), LIFETIME_S, 600).urls(world.ada, upload, [LARGE], BASE_URL)
    for number, ((_, asked),) in enumerate((outer, inner)):
        request = asked.requests[number]
        assert request is not None
        world.house.send("PUT", request.url, PARTS[number])
    assert world.uploads.seal(world.ada, upload).state is UploadState.SEALED
    world.uploads.commit(world.ada, upload)
    assert world.list("/") == ["/large:1"]
    assert len(world.stored()) == 1
