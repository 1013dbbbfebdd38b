"""A user's mistake gives one clear line with the same code in Python, on the command line, over REST and in a magic; and
it changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from support.commands import Cli
from support.examples import digest
from support.mistakes import MISTAKES, Mistake, Rest
from support.people import Tokens, tokens_of
from support.servers import Server, send
from support.shell import Shell
from traitlets.config import Config

from acai_jupyter.client.client import Client
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import AcaiError, by_code


@dataclass(frozen=True)
class World:
    server: Server
    tokens: Tokens
    killed: int
    cli: Cli

    def state(self) -> tuple[object, ...]:
        """What a mistake must not change: everything that there is, and that nothing was announced."""
        client = self.server.client()
        with closing(self.server.stream("/events")) as socket:
            number = json.loads(socket.recv())["number"]
        counts = tuple(client.count(kind) for kind in ("files", "filesets", "jobs"))
        return number, counts, len(client.users.list()), client.metadata.get("Data")


@pytest.fixture(scope="module")
def world(server: Server, tmp_path_factory: pytest.TempPathFactory) -> World:
    client, folder = server.client(), tmp_path_factory.mktemp("shell")
    client.files.upload(b"a", "/data/a.txt", fileset="Data")
    (folder / "local.txt").write_text("x")
    with_agent = client.jobs.submit("sleep 1000")
    tokens = tokens_of(server, with_agent)
    with_agent.kill().wait(60)
    return World(server, tokens, with_agent.number, Cli(server, folder))


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        yield Shell(InteractiveShell.instance(config=config))
        InteractiveShell.clear_instance()


@pytest.fixture
def unchanged(world: World) -> Iterator[None]:
    before = world.state()
    yield
    assert world.state() == before


def all_doors(door: str) -> pytest.MarkDecorator:
    """The mistakes that can be made in a door."""
    able = [mistake for mistake in MISTAKES if getattr(mistake, door) is not None]
    return pytest.mark.parametrize("mistake", able, ids=lambda mistake: mistake.name)


def assert_clear(message: str) -> None:
    """One line for people, without the insides of anything."""
    assert message.strip()
    assert "\n" not in message
    assert len(message) < 500
    assert not re.search(r"Traceback|sqlite|SELECT|/site-packages/|\bNone\b|acai_[\w-]{40}", message), message


def test_every_code_is_one_of_the_platform() -> None:
    assert all(by_code(mistake.code) for mistake in MISTAKES)


@all_doors("python")
@pytest.mark.usefixtures("unchanged")
def test_in_python(world: World, mistake: Mistake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.cli.folder)
    client = Client(Transport(world.server.url, getattr(world.tokens, mistake.token), 0))
    client.killed = world.killed  # type: ignore[attr-defined]
    assert mistake.python is not None
    with pytest.raises(AcaiError) as raised:
        mistake.python(client)
    assert raised.value.code == mistake.code
    assert_clear(str(raised.value))


@all_doors("words")
@pytest.mark.usefixtures("unchanged")
def test_on_the_command_line(world: World, mistake: Mistake) -> None:
    words = [word.format(killed=world.killed) if "{killed}" in word else word for word in mistake.words or ()]
    done = world.cli.run(*words, ACAI_TOKEN=getattr(world.tokens, mistake.token))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("acai: ")
    assert done.stderr.endswith(f" [{mistake.code}]\n")
    assert_clear(done.stderr.removesuffix("\n"))


@all_doors("rest")
@pytest.mark.usefixtures("unchanged")
def test_over_rest(world: World, mistake: Mistake) -> None:
    rest: Rest = mistake.rest  # type: ignore[assignment]
    token = getattr(world.tokens, mistake.token)
    answer = world.server.call(rest.method, rest.path.format(killed=world.killed), token, query=rest.query, body=rest.body)
    assert 400 <= answer.status < 500
    assert answer.json.keys() == {"code", "message"}
    assert answer.code == mistake.code
    assert_clear(answer.json["message"])


@all_doors("words")
@pytest.mark.usefixtures("unchanged")
def test_in_a_magic(world: World, shell: Shell, mistake: Mistake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_URL", world.server.url)
    monkeypatch.setenv("ACAI_TOKEN", getattr(world.tokens, mistake.token))
    monkeypatch.chdir(world.cli.folder)
    words = [word.format(killed=world.killed) if "{killed}" in word else word for word in mistake.words or ()]
    shell.ok("%load_ext acai_jupyter")
    try:
        line = shell.mistake("%acai " + " ".join(f"'{word}'" for word in words))
    finally:
        shell.ok("%unload_ext acai_jupyter")
    assert line.endswith(f" [{mistake.code}]")
    assert_clear(line)


def test_bytes_that_are_not_those_announced(world: World) -> None:
    files = {"path": ["/bytes"], "size": [3], "digest": [digest(b"abc")]}
    upload = world.server.call("POST", "/uploads", body={"purpose": "files", "files": files}).json["id"]
    wanted = {"ordinal": 0, "kind": "single", "size": 3, "digest": digest(b"abc"), "files": [{"position": 0, "offset": 0}]}
    signed = world.server.call("POST", f"/uploads/{upload}/urls", body={"objects": [wanted]}).json
    request = signed["objects"][0]["requests"][0]
    answer = send(request["url"], request["method"], body=b"xyz", headers=request["headers"])
    assert (answer.status, answer.code) == (400, "digest_mismatch")
    for step in ("seal", "commit"):
        assert world.server.call("POST", f"/uploads/{upload}/{step}").status == 409
    assert world.server.call("GET", "/files", query={"ref": "/bytes"}).code == "file_not_found"


def test_a_root_does_not_open_what_only_begins_like_it(world: World) -> None:
    client = world.server.client()
    client.files.upload(b"mine", "/d/p1/x")
    client.files.upload(b"secret", "/d/p1-secret/x", fileset="Secret")
    assert [file.path for file in client.files.list("/d/p1/")] == ["/d/p1/x"]
    assert [file.path for file in client.files.list("/d/p1/*")] == ["/d/p1/x"]
    assert client.provenance.backward("Secret").edges == ()
    with pytest.raises(AcaiError):
        client.files.list("/d/p1")
    with pytest.raises(AcaiError):
        client.files.list("/d/p1/@Secret")


def test_no_link_leads_a_jobs_output_out_of_its_folder(world: World, tmp_path: Path) -> None:
    """Not the file that a link points to outside of the output folder, whatever the job makes of it."""
    (tmp_path / "secret").write_text("a secret of this machine")
    client = world.server.client()
    links = f"ln -s '{tmp_path}/secret' output/leak; ln -s '{tmp_path}' output/folder; ln -s /etc/passwd output/passwd"
    job = client.jobs.submit(f"echo fine > output/fine; {links}", output="Linked").wait(60)
    if job.status == "FINISHED":
        assert [file.path for file in client.filesets.files("Linked")] == ["/Linked/fine"]
    else:
        assert job.reason is not None
        with pytest.raises(AcaiError):
            client.filesets.get("Linked")
