"""What a server does as long as it runs."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import pytest
from support.people import platform_of
from support.waiting import wait_for

from acai_jupyter.backends.sql import sqlite
from acai_jupyter.config import load
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import TokenExpired
from acai_server import lifetime
from acai_server.handlers.base import State
from acai_server.lifetime import Lifetime
from acai_server.pools import Pools
from acai_server.relay import Relay

YEAR_S = 366 * 86_400


def test_kernels_keep_their_access_however_long_the_server_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_URL", "")
    monkeypatch.setenv("ACAI_TOKEN", "")
    monkeypatch.setattr(lifetime, "_SWEEP_SECONDS", 0.02)
    real = sqlite._now
    settings = load({"home": str(tmp_path / "home")}, {})
    state = State(Pools(settings), Relay())
    running = Lifetime(state, settings, logging.getLogger("acai"), True, lambda error: None)

    def is_known() -> bool:
        try:
            return bool(state.platform.access.authenticate(os.environ["ACAI_TOKEN"]))
        except TokenExpired:
            return False

    async def run() -> None:
        await running.start("http://127.0.0.1:1/acai/api/v1")
        await asyncio.to_thread(wait_for, lambda: running.is_open)
        assert is_known()
        monkeypatch.setattr(sqlite, "_now", lambda: real() + YEAR_S * SECOND)
        await asyncio.to_thread(wait_for, is_known)
        await running.stop()

    asyncio.run(run())
    with platform_of(settings.home_folder) as platform, pytest.raises(TokenExpired, match="revoked"):
        platform.access.authenticate(os.environ["ACAI_TOKEN"])
