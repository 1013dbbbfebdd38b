"""Runs a notebook from top to bottom in a kernel of a live Jupyter Server, as a browser would."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import websocket

_SECONDS_A_CELL = 300.0


class CellFailed(Exception):
    """A cell raised; the text is its traceback."""


def run_notebook(path: Path, server: str, token: str, folder: str = "", on_output: Callable[[str], None] | None = None) -> int:
    """Run every code cell of `path`; returns how many there were. `folder` is the notebook's, as the server sees it.

    `on_output` is told what the cells print and return, as text. Raises CellFailed at the first cell that fails.
    """
    cells = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    with _kernel(server, token, f"{folder}{path.name}") as kernel, closing(_connect(server, token, kernel)) as socket:
        for cell in cells:
            for text in _run_cell(socket, cell):
                if on_output is not None:
                    on_output(text)
    return len(cells)


@contextmanager
def _kernel(server: str, token: str, path: str) -> Iterator[str]:
    """A session of the notebook; its kernel ends with it."""
    kernel = {"name": "python3"}
    session = _call(server, token, "POST", "api/sessions", {"path": path, "type": "notebook", "name": path, "kernel": kernel})
    try:
        yield str(session["kernel"]["id"])
    finally:
        _call(server, token, "DELETE", f"api/sessions/{session['id']}")


def _connect(server: str, token: str, kernel: str) -> websocket.WebSocket:
    address = f"{server.replace('http', 'ws', 1)}api/kernels/{quote(kernel)}/channels"
    return websocket.create_connection(address, timeout=_SECONDS_A_CELL, header=[f"Authorization: token {token}"])


def _run_cell(socket: websocket.WebSocket, code: str) -> Iterator[str]:
    """Execute one cell; yields its output as text. Raises CellFailed."""
    request = uuid.uuid4().hex
    header = {"msg_id": request, "msg_type": "execute_request", "username": "", "session": request, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    socket.send(json.dumps(message))
    failed: list[str] = []
    while True:
        answer = json.loads(socket.recv())
        if answer["parent_header"].get("msg_id") != request:
            continue
        kind, content = answer["msg_type"], answer["content"]
        if kind == "stream":
            yield content["text"]
        elif kind in ("execute_result", "display_data"):
            yield content["data"].get("text/plain", "") + "\n"
        elif kind == "error":
            failed = content["traceback"] or [f"{content['ename']}: {content['evalue']}"]
        elif kind == "status" and content["execution_state"] == "idle":
            break
    if failed:
        raise CellFailed("\n".join(failed))


def _call(server: str, token: str, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    with urlopen(Request(server + path, data, headers, method=method), timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None
