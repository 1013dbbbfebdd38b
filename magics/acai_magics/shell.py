"""The client that belongs to the running shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython

from acai_jupyter.client.connect import connect

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


def client_of_shell() -> Client:
    """The magics' client where they are loaded, else a new one."""
    shell = get_ipython()
    magics = shell.magics_manager.registry.get("AcaiMagics") if shell is not None else None
    client: Client = magics.client if magics is not None else connect()
    return client
