"""The extension in a Jupyter Server: our token first, else Jupyter's own login, which cookies need XSRF for."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
import websocket
from support.people import platform_of
from support.servers import JUPYTER_TOKEN, Answer, Server, send
from support.waiting import wait_for

from acai_jupyter.domain.access import Role


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("jupyter"), module="jupyter_server").start()
    yield made
    made.end()


@pytest.fixture(scope="module")
def cookies(jupyter: Server) -> dict[str, str]:
    """What a browser holds after logging in to Jupyter."""
    form = send(f"{jupyter.root}/login", "GET")
    xsrf = jar(form)
    typed = urlencode({"password": JUPYTER_TOKEN, "_xsrf": xsrf["_xsrf"]}).encode()
    headers = {"Cookie": shown(xsrf), "Content-Type": "application/x-www-form-urlencoded"}
    entered = send(f"{jupyter.root}/login", "POST", body=typed, headers=headers)
    assert entered.status == 302
    return {**xsrf, **jar(entered)}


def jar(answer: Answer) -> dict[str, str]:
    cookie = SimpleCookie(re.sub(r", (?=[\w-]+=)", "; ", answer.headers.get("set-cookie", "")))
    return {name: morsel.value for name, morsel in cookie.items() if name == "_xsrf" or name.startswith("username")}


def shown(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def submit(jupyter: Server, token: str | None = None, **headers: str) -> Answer:
    return jupyter.call("POST", "/count", token, body={"kind": "files"}, headers=headers)


def test_jupyters_login_is_the_owner(jupyter: Server, cookies: dict[str, str]) -> None:
    for headers in ({"Authorization": f"token {JUPYTER_TOKEN}"}, {"Cookie": shown(cookies)}):
        told = jupyter.call("GET", "/whoami", None, headers=headers)
        assert (told.status, told.json["role"]) == (200, "platform_admin"), headers
    assert jupyter.call("GET", f"/whoami?token={JUPYTER_TOKEN}", None).status == 200


def test_a_cookie_without_xsrf_changes_nothing(jupyter: Server, cookies: dict[str, str]) -> None:
    answer = submit(jupyter, Cookie=shown(cookies))
    assert (answer.status, answer.json.keys()) == (403, {"code", "message"})
    assert submit(jupyter, Cookie=shown(cookies), **{"X-XSRFToken": "wrong"}).status == 403
    assert submit(jupyter, Cookie=shown(cookies), **{"X-XSRFToken": cookies["_xsrf"]}).status == 200


def test_tokens_need_no_xsrf(jupyter: Server) -> None:
    assert submit(jupyter, jupyter.token).status == 200
    assert submit(jupyter, Authorization=f"token {JUPYTER_TOKEN}").status == 200


def test_a_bad_token_of_ours_is_refused_though_a_good_cookie_comes_with_it(jupyter: Server, cookies: dict[str, str]) -> None:
    headers = {"Cookie": shown(cookies), "X-XSRFToken": cookies["_xsrf"]}
    answer = submit(jupyter, "acai_unknown", **headers)
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_a_stream_opens_for_a_cookie_but_not_for_another_site(jupyter: Server, cookies: dict[str, str]) -> None:
    cookie = shown(cookies)
    with closing(jupyter.stream("/events", None, cookie=cookie)) as socket:
        assert '"connected"' in socket.recv()
    for token in (None, jupyter.token):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            jupyter.stream("/events", token, cookie=cookie, suppress_origin=False, origin="https://evil.example")
        assert refused.value.status_code == 403


def test_without_any_login_nothing_opens(jupyter: Server) -> None:
    assert jupyter.call("GET", "/whoami", None).status in (401, 403)
    assert submit(jupyter).status in (401, 403)
    assert jupyter.call("GET", "/whoami", None, headers={"Authorization": "token wrong"}).status in (401, 403)


def test_the_secrets_of_the_data_folder_are_the_owners_alone(jupyter: Server) -> None:
    assert stat.S_IMODE((jupyter.home / "token").stat().st_mode) == 0o600
    for entry in (*(jupyter.home / "servers").iterdir(), *(jupyter.home / "keys").iterdir()):
        assert stat.S_IMODE(entry.stat().st_mode) == 0o600


def test_in_a_team_jupyters_user_must_be_a_user_of_the_project(new_server: Callable[..., Server]) -> None:
    """Jupyter's token makes every caller an anonymous user, whom no project has."""
    server = new_server(module="jupyter_server", environment={"ACAI_IDENTITY": "username"}).start()
    answer = server.call("GET", "/whoami", None, headers={"Authorization": f"token {JUPYTER_TOKEN}"})
    assert (answer.status, answer.code) == (403, "forbidden")
    with platform_of(server.home) as platform:
        owner = platform.access.owner("default", "boss")
        _, token = platform.access.create_user(owner, "ann", Role.MEMBER)
    assert server.call("GET", "/whoami", token).json["name"] == "ann"


def test_no_log_holds_a_secret(new_server: Callable[..., Server]) -> None:
    """The server's log at its most talkative, after requests with every secret that there is."""
    server = new_server().start()
    client = server.client()
    client.files.upload(b"x" * 100, "/x")
    with client.files.open("/x") as file:
        file.read()
    user = client.users.create("ann")
    server.call("GET", "/whoami", user.token)
    server.call("GET", f"/whoami?token={user.token}", None)
    server.call("POST", "/jobs", "acai_stolen", body={"command": "true", "cpu": "x"})
    with closing(server.stream("/events")):
        pass
    job = client.jobs.submit("env; cat /proc/self/cmdline; echo done")
    wait_for(lambda: job.ended)
    printed = job.logs()
    assert printed.endswith("done\n")
    signature = server.call("GET", "/files/downloads", query={"ref": "/x"}).json["objects"][0]["url"].rpartition("=")[2]
    send(f"{server.root}/acai/objects/aa?expires=1&signature={signature}", "GET")
    server.stop()
    for secret in (server.token, user.token, "acai_stolen", signature):
        assert secret
        assert secret not in server.log
    assert not re.findall(r"acai_[\w-]{40,}", server.log + printed)
