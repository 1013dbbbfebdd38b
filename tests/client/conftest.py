"""A client of the module's own server."""

from __future__ import annotations

import pytest
from support.servers import Server

from acai_jupyter.client.client import Client


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return server.client()
