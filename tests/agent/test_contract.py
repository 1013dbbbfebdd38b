"""The messages of the contract: what is read matches the golden ones, and so does what is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from acai_agent import contract
from acai_jupyter.domain import digests
from tests.agent.agents import UNTIL_GO, Agents
from tests.agent.stand_in import StandIn, golden


def test_the_golden_manifest_is_understood() -> None:
    manifest = contract.parse_manifest(golden("agent/manifest"))
    assert manifest.command == "python train.py --epoch 5"
    assert (manifest.cpu, manifest.timeout_s, manifest.heartbeat_s, manifest.kill_grace_s) == (2.0, 7200.0, 5.0, 10.0)
    assert (manifest.job, manifest.number, manifest.project) == ("job_01930a1b2c3d7e8f9a0b1c2d3e4f5a6b", 12, "default")
    assert (manifest.python, manifest.output_path, manifest.env) == ("/opt/venv/bin/python", "/Model/", {"DATA_SEED": "7"})


def test_a_command_in_a_list_is_argv() -> None:
    manifest = contract.parse_manifest(golden("agent/manifest") | {"command": ["echo", "a b"]})
    assert manifest.command == ("echo", "a b")


def test_unknown_fields_are_ignored() -> None:
    assert contract.parse_manifest(golden("agent/manifest") | {"later": [1]}) == contract.parse_manifest(golden("agent/manifest"))


@pytest.mark.parametrize("field", ["command", "job", "resources", "heartbeat_s"])
def test_a_manifest_without_what_is_needed_is_refused_in_words(field: str) -> None:
    message = golden("agent/manifest")
    del message[field]
    with pytest.raises(contract.ContractBroken, match=r"can't be read: '"):
        contract.parse_manifest(message)


def test_the_golden_page_of_files_is_understood() -> None:
    page = contract.parse_files_page(golden("agent/files_page"))
    assert page.cursor == "data/train.json"
    (entry,) = page.files
    assert (entry.path, entry.size, entry.offset, entry.executable) == ("data/train.json", 5, 0, False)
    assert entry.digest == contract.digest_of_bytes(b"hello").digest
    assert (entry.request.method, entry.request.headers) == ("GET", {})


def test_data_registered_in_place_has_no_digest() -> None:
    page = golden("agent/files_page")
    (entry,) = contract.parse_files_page(page | {"files": page["files"] | {"digest": [None]}}).files
    assert entry.digest is None


@pytest.mark.parametrize(
    "wrong",
    [{"size": []}, {"size": ["5"]}, {"path": [None]}, {"object": [1]}, {"object": [-1]}, {"offset": [0, 0]}, {"digest": [1]}],
)
def test_columns_that_do_not_fit_each_other_are_not_understood(wrong: dict[str, list[object]]) -> None:
    page = golden("agent/files_page")
    with pytest.raises(contract.ContractBroken):
        contract.parse_files_page(page | {"files": page["files"] | wrong})


def test_digests_are_those_of_the_platform(tmp_path: Path) -> None:
    assert contract.PART_SIZE == digests.PART_SIZE
    for data in (b"", b"hello", b"x" * (3 * 1024 * 1024 + 1)):
        (tmp_path / "file").write_bytes(data)
        found = contract.digest_of_file(tmp_path / "file")
        assert found == contract.digest_of_bytes(data)
        assert (found.digest, found.size, found.parts) == (str(digests.of_bytes(data)), len(data), ())


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_file_of_more_than_one_part_has_a_composite_digest(tmp_path: Path, beyond: int) -> None:
    file = tmp_path / "file"
    with file.open("wb") as opened:
        opened.truncate(contract.PART_SIZE + beyond)
    first = digests.of_bytes(bytes(contract.PART_SIZE))
    found = contract.digest_of_file(file)
    if beyond:
        last = digests.of_bytes(b"\0")
        assert found.digest == str(digests.composite([first.value, last.value]))
        assert found.parts == (first.value.hex(), last.value.hex())
    else:
        assert (found.digest, found.parts) == (str(first), ())


def test_what_the_agent_sends_has_the_shape_of_the_golden_messages(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin(f"echo hello > output/m.pkl; {UNTIL_GO}", output_path="/Model/")
    platform.wait(lambda: bool(platform.heartbeats))
    (agent.folder / "go").touch()
    agents.finish(agent)

    sent = {path.replace(platform.reports[0]["output_upload"], "ID"): body for path, body in platform.calls}
    assert _shape(sent["/agent/claim"]) == _shape(golden("agent/claim_request"))
    beats = {name: value for beat in platform.heartbeats for name, value in beat.items()}  # not all say everything
    assert _shape({name: beats[name] for name in golden("agent/heartbeat_request")}) == _shape(golden("agent/heartbeat_request"))
    assert set(beats) <= {*golden("agent/heartbeat_request"), "enforced"}
    assert set(sent["/agent/report"]) == set(golden("agent/report_request"))
    begin = golden("upload_begin_request")
    del begin["fileset"]
    assert _shape(sent["/uploads"]) == _shape(begin)
    assert _shape(sent["/uploads/ID/urls"]) == _shape(golden("upload_urls_request"))
    assert "/uploads/ID/commit" not in sent


def _shape(message: object) -> object:
    if isinstance(message, dict):
        return {name: _shape(value) for name, value in message.items()}
    if isinstance(message, list):
        return [_shape(value) for value in message]
    return type(message).__name__
