"""File sets of the lake."""

from __future__ import annotations

from collections.abc import Iterable

from acai_jupyter.client.records import Change, File, Fileset, FilesetSummary, Records, Reference, fileset_record, record, several
from acai_jupyter.client.transport import Transport


class Filesets:
    """Named, versioned, immutable lists of file versions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, name: str, references: Reference | Iterable[Reference]) -> Fileset:
        """A new version of `name` that holds what the references mean; later ones override earlier ones on the same path.

        `create("MergedQA", ["/@HotpotQA", "@ColdpotQA"])` merges, `create("HotpotQA", ["@HotpotQA", "/data/train.json"])`
        updates, `create("Validation", ["/validation/@HotpotQA"])` takes a part. Dependencies are recorded.

        Raises InvalidName, InvalidReference, FileNotFound, FilesetNotFound, EmptyFileset.
        """
        wanted = {"name": name, "references": several(references)}
        return fileset_record(self._transport, self._transport.post("/filesets", wanted, creates=True))

    def get(self, reference: str) -> Fileset:
        """A version: `HotpotQA` (the latest) or `HotpotQA:2`. Raises InvalidReference, FilesetNotFound."""
        return fileset_record(self._transport, self._transport.get("/filesets/version", ref=str(reference)))

    def list(self) -> Records[FilesetSummary]:
        """All file sets, by name."""
        items = self._transport.pages("/filesets")
        return Records((record(FilesetSummary, item) for item in items), FilesetSummary)

    def versions(self, name: str) -> Records[Fileset]:
        """All versions of a file set, oldest first. Raises FilesetNotFound."""
        items = self._transport.pages("/filesets/versions", name=name)
        return Records((fileset_record(self._transport, item) for item in items), Fileset)

    def files(self, reference: str) -> Records[File]:
        """The files of a version, in the versions that it holds. Raises InvalidReference, FilesetNotFound."""
        version = self.get(reference)
        items = self._transport.pages("/files", ref=f"@{version.reference}")
        return Records((record(File, item) for item in items), File)

    def delete(self, reference: str | Fileset) -> Fileset:
        """Delete one version, `Digits:2`, which nothing used; its number is never used again. Its files stay.

        Raises InvalidReference where no version is named, FilesetNotFound, StillUsed with the names of what used it,
        Forbidden.
        """
        return fileset_record(self._transport, self._transport.delete("/filesets/version", ref=str(reference)))

    def diff(self, before: str, after: str) -> Records[Change]:
        """The paths whose versions differ between two file sets. Raises InvalidReference, FilesetNotFound."""
        items = self._transport.pages("/filesets/diff", page=5_000, before=str(before), after=str(after))
        return Records((record(Change, item) for item in items), Change)
