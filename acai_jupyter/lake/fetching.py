"""How files are fetched: from the object store, or from where they are registered in place."""

from __future__ import annotations

from acai_jupyter.domain.digests import digests_to_texts
from acai_jupyter.domain.errors import BlobNotFound
from acai_jupyter.domain.files import StoredFiles
from acai_jupyter.domain.transfers import FetchableFiles, SignedRequest
from acai_jupyter.ports.blobs import BlobStore
from acai_jupyter.ports.sources import SourceStore


class Signatures:
    """Signs downloads that last `seconds`; one signature serves all files of one object."""

    def __init__(self, blobs: BlobStore, sources: SourceStore, seconds: int) -> None:
        self._blobs = blobs
        self._sources = sources
        self._seconds = seconds

    def sign(self, files: StoredFiles, base_url: str) -> FetchableFiles:
        """The files, with the requests for the objects that carry them. Raises BlobNotFound where no object does."""
        signed: list[SignedRequest] = []
        numbers: dict[str, int] = {}
        for key in dict.fromkeys(files.keys):
            if key is not None:
                numbers[key] = len(signed)
                signed.append(self._blobs.sign_download(key, base_url, self._seconds))
        objects = [-1 if key is None else numbers[key] for key in files.keys]
        if None in files.keys:
            self._sign_others(files, objects, signed, base_url)
        return FetchableFiles(
            files.paths,
            files.versions,
            files.sizes,
            digests_to_texts(files.digests),
            objects,
            [offset or 0 for offset in files.offsets],
            files.executable,
            signed,
        )

    def _sign_others(self, files: StoredFiles, objects: list[int], signed: list[SignedRequest], base_url: str) -> None:
        """Each file that is in no object has a request of its own."""
        for at, source in enumerate(files.sources):
            if source is not None:
                objects[at] = len(signed)
                signed.append(self._sources.sign_download(source, files.sizes[at], base_url, self._seconds))
            elif objects[at] < 0:
                raise BlobNotFound(f"The object store has no bytes of {files.paths[at]} (any more): upload it again.")
