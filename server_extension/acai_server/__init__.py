"""The Jupyter Server extension that hosts the platform."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from acai_server.app import AcaiServer

    return [{"module": "acai_server.app", "app": AcaiServer}]
