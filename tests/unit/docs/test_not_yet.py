"""What the documentation calls missing is missing: whoever builds it strikes it out there."""

from __future__ import annotations

from pathlib import Path

import pytest
from acai_reference import commands
from unit.docs.pages import DOCS

from acai_jupyter.backends.blobs.signing import Signer
from acai_jupyter.backends.by_url import blobs_by_url, launcher_by_url
from acai_jupyter.client.client import Client
from acai_jupyter.client.commands.jobs import JOB_ARGUMENTS
from acai_jupyter.config import check_platform_url
from acai_jupyter.domain.errors import BackendNotBuilt

PAGE = (DOCS / "not-yet.md").read_text()


def test_a_verb_that_is_called_missing_is_no_command() -> None:
    assert "`import`" in PAGE
    assert "import" not in {words[0] for words in commands.every_command()}


@pytest.mark.parametrize("option", ["--send", "--return"])
def test_an_option_that_is_called_missing_is_none(option: str) -> None:
    assert f"`{option}`" in PAGE
    assert option not in {name for one in JOB_ARGUMENTS for name in one.names}


def test_work_in_a_notebook_is_not_tracked() -> None:
    assert "`client.track`" in PAGE
    assert not hasattr(Client, "track")


def test_backends_that_are_called_missing_are_refused(tmp_path: Path) -> None:
    for url in ("s3://…", "kubernetes://…", "platform_url"):
        assert f"`{url}`" in PAGE
    with pytest.raises(BackendNotBuilt):
        blobs_by_url("s3://bucket/acai", Signer(b"key"))
    with pytest.raises(BackendNotBuilt):
        launcher_by_url("kubernetes://acai", tmp_path)
    with pytest.raises(BackendNotBuilt):
        check_platform_url("https://acai.example.org")
