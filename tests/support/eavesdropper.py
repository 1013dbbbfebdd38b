"""Somebody who listens at a port and writes down what is said to them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Final

_PATIENCE_S: Final = 30.0


class Eavesdropper:
    """Gives everybody the same answer; `heard` are the heads of the requests."""

    def __init__(self, listening: socket.socket, answer: bytes) -> None:
        self.port = int(listening.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.heard: list[str] = []
        self._listening = listening
        self._answer = answer

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(_PATIENCE_S)
                head = b""
                while b"\r\n\r\n" not in head and (more := connection.recv(4096)):
                    head += more
                self.heard.append(head.decode("latin-1"))
                connection.sendall(self._answer)


@contextmanager
def listening(answer: str = "404 Not Found\r\nContent-Length: 0", body: str = "") -> Iterator[Eavesdropper]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(8)
        found = Eavesdropper(bound, f"HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n{body}".encode())
        thread = Thread(target=found.listen, daemon=True)
        thread.start()
        yield found
        bound.shutdown(socket.SHUT_RDWR)  # wakes who waits in `accept`
    thread.join()
