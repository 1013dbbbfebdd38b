"""Posts messages by HTTP, to public addresses only unless the settings allow more (a server must not become a way into its own
network)."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Final
from urllib.parse import SplitResult, urlsplit

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.webhooks import MOST_URL_CHARACTERS
from acai_jupyter.ports.webhooks import NotTaken

_PORTS: Final = {"http": 80, "https": 443}
_EMBEDDING: Final = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96")))
"""Whose last 32 bits are an address of IPv4: compatible, mapped, translated (NAT64)."""

_LOCAL_TRANSLATION: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
_PRIVATE: Final = "lies in a private network; ACAI_WEBHOOK_PRIVATE_ADDRESSES=1 allows that"


class HttpPoster:
    """`private` allows addresses of private networks and of this machine. A post takes at most `seconds`, the look-up of the name
    and all its addresses among them."""

    def __init__(self, private: bool, seconds: float) -> None:
        self._private = private
        self._seconds = seconds

    def check(self, url: str) -> None:
        """Raises InvalidRequest."""
        parts = _parts(url)
        if not self._private and _is_private(parts.hostname or ""):
            raise InvalidRequest(f"The webhook's address {_PRIVATE}.")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises NotTaken: for an answer other than 2xx (redirects are not followed), or none in time."""
        parts = _parts(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        until = time.monotonic() + self._seconds
        try:
            connected = self._connect(host, port, until)
        except (OSError, ValueError) as error:  # a name that can't be asked for is a ValueError
            raise NotTaken(f"can't be reached ({getattr(error, 'strerror', None) or type(error).__name__})") from error
        sockets = [connected]
        # A socket's own timeout begins anew with every byte: this one ends the whole exchange.
        alarm = threading.Timer(max(until - time.monotonic(), 0.0), lambda: _shut(sockets[-1]))
        alarm.daemon = True
        alarm.start()
        try:
            status = _exchange(sockets, parts, port, headers, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotTaken(f"gave no answer ({type(error).__name__})") from error
        finally:
            alarm.cancel()
            sockets[-1].close()
        if not 200 <= status < 300:
            raise NotTaken(f"answered with HTTP status {status}")

    def _connect(self, host: str, port: int, until: float) -> socket.socket:
        """To the very address that was looked at: a name may mean another one a moment later. Raises OSError, ValueError,
        NotTaken."""
        failure: OSError | None = None
        for address in _addresses(host, port, self._seconds):
            if not self._private and _is_private(address):
                raise NotTaken(_PRIVATE)
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                return socket.create_connection((address, port), left)
            except OSError as error:
                failure = error
        raise failure or OSError("no address")


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """What a name means. A look-up can't be ended, only left. Raises OSError, ValueError."""
    answer: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            answer.set_result([str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, ValueError) as error:
            answer.set_exception(error)

    threading.Thread(target=look_up, name="acai-look-up", daemon=True).start()
    return answer.result(seconds)


def _exchange(sockets: list[socket.socket], parts: SplitResult, port: int, headers: Mapping[str, str], body: bytes) -> int:
    """The status that is answered. The last of `sockets` is the one that is spoken by."""
    if parts.scheme == "https":
        secured = ssl.create_default_context().wrap_socket(
            sockets[-1], server_hostname=parts.hostname, do_handshake_on_connect=False
        )
        sockets.append(secured)
        secured.do_handshake()
    client = http.client.HTTPConnection(parts.hostname or "", port)
    client.sock = sockets[-1]
    client.default_port = _PORTS[parts.scheme]  # which the Host header leaves out
    try:
        client.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, dict(headers))
        return client.getresponse().status
    finally:
        client.close()


def _parts(url: str) -> SplitResult:
    """Raises InvalidRequest."""
    try:
        parts = urlsplit(url)
        valid = bool(parts.scheme in _PORTS and parts.hostname and parts.port != 0)
        (parts.hostname or "").encode("idna")  # as it is looked up: an empty or endless part is no name
    except ValueError:
        valid = False
    if not valid or len(url) > MOST_URL_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidRequest("A webhook's address is a URL that begins with http:// or https:// and a host's name.")
    if "@" in parts.netloc:
        raise InvalidRequest("A webhook's address holds no user and password: what it receives is signed with a secret.")
    return parts


def _is_private(host: str) -> bool:
    """Whether a literal address, or the name of this machine, is not of the public network."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower().rstrip(".").rpartition(".")[2] == "localhost"
    if isinstance(address, ipaddress.IPv6Address):
        if address in _LOCAL_TRANSLATION:
            return True
        address = _embedded(address) or address
    return not address.is_global or address.is_multicast


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address of the older protocol to which gateways, or this machine, take this one."""
    if any(address in network for network in _EMBEDDING):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour


def _shut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended meanwhile
