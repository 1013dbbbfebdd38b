"""Behind a proxy that ends TLS: which addresses the platform gives out."""

from __future__ import annotations

from collections.abc import Callable

from support.servers import Server

FORWARDED = {"Host": "acai.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


def first_url(server: Server) -> str:
    server.client().files.upload(b"x", "/a")
    return str(server.call("GET", "/files/downloads", query={"ref": "/a"}, headers=FORWARDED).json["objects"][0]["url"])


def test_a_proxy_that_is_trusted_says_under_which_scheme_objects_lie(new_server: Callable[..., Server]) -> None:
    server = new_server(options=("--ServerApp.allow_remote_access=True", "--ServerApp.trust_xheaders=True")).start()
    assert first_url(server).startswith("https://acai.example.org/acai/objects/")


def test_nobody_else_is_believed(new_server: Callable[..., Server]) -> None:
    server = new_server(options=("--ServerApp.allow_remote_access=True",)).start()
    assert first_url(server).startswith("http://acai.example.org/acai/objects/")
