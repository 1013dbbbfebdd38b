"""fsspec's own test suite, for all that it asks of a file system that writes whole files.

Left out: `AbstractMvTests` does not exist as a class (its module tests the local file system only). Folders exist as long as
something lies in them, so `supports_empty_directories` is False, as for any object store.
"""

from __future__ import annotations

import pytest
from fsspec.tests import abstract
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem


class LakeFixtures(abstract.AbstractFixtures):
    @pytest.fixture(scope="class")
    @classmethod
    def fs(cls, server: Server) -> LakeFileSystem:
        return LakeFileSystem(server.url, server.token)

    @pytest.fixture
    def fs_path(self) -> str:
        return "/abstract"

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False


class TestCopy(abstract.AbstractCopyTests, LakeFixtures):
    pass


class TestGet(abstract.AbstractGetTests, LakeFixtures):
    pass


class TestPut(abstract.AbstractPutTests, LakeFixtures):
    pass


class TestPipe(abstract.AbstractPipeTests, LakeFixtures):
    pass


class TestOpen(abstract.AbstractOpenTests, LakeFixtures):
    pass
