"""What a client fetches page by page is what the lake held at the first page, whatever others do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acai_jupyter.client import transport
from acai_jupyter.client.client import Client
from acai_jupyter.client.transport import Transport

NAMES = [f"{number:02}" for number in range(7)]


@pytest.mark.parametrize("reference", ["/{}/", "/{}/*", "@{}", "/{}/@{}", "/{}/*@{}"])
def test_a_version_made_between_two_pages_changes_nothing_in_what_arrives(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    name = f"Moment{reference.count('{}')}{len(reference)}"
    client.files.upload(dict.fromkeys(NAMES, b"old"), f"/{name}/", fileset=name)
    monkeypatch.setattr(transport, "_FIRST_FILES", 2)
    monkeypatch.setattr(transport, "_MORE_FILES", 2)
    told = Transport.files_to_fetch
    pages = []

    def with_an_upload_between(self: Transport, address: str, /, **query: str) -> Iterator[Any]:
        for page in told(self, address, **query):
            yield page
            if not pages:  # the first one has been worked on
                client.files.upload(dict.fromkeys([*NAMES, "03b"], b"new"), f"/{name}/", fileset=name)
                client.files.delete(f"/{name}/05")
            pages.append(page)

    monkeypatch.setattr(Transport, "files_to_fetch", with_an_upload_between)
    client.files.download(reference.format(name, name), tmp_path)
    assert len(pages) == 4
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == dict.fromkeys(NAMES, b"old")
    monkeypatch.undo()
    assert client.files.open(f"/{name}/00").read() == b"new"
