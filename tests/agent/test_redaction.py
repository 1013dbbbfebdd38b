"""Secrets are in nothing that an agent stores or tells."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_agent import redaction
from acai_agent.redaction import Redactor
from tests.agent.agents import Agents
from tests.agent.stand_in import StandIn

VALUE = "hf_S3cretValue/0123456789+="
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAoI\n-----END KEY-----\n"


def passed(pieces: Sequence[bytes], **secrets: str) -> bytes:
    """What a stream that comes in these pieces is stored as."""
    redactor = Redactor(secrets)
    return b"".join(map(redactor.feed, pieces)) + redactor.flush()


@given(st.lists(st.sampled_from([b"a", b"b", b"hf_", b"\n", VALUE.encode(), VALUE[:9].encode()]), max_size=12), st.data())
def test_however_a_stream_is_cut_the_same_is_stored_without_the_value(words: list[bytes], data: st.DataObject) -> None:
    text = b"".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    stored = passed(pieces, T=VALUE)
    assert VALUE.encode() not in stored.translate(None, b"\r\n")
    assert stored.count(b"***") <= text.translate(None, b"\n").count(VALUE.encode())
    if VALUE.encode() not in text.translate(None, b"\n"):
        assert stored == text


SHORT, LONG, CROSSING = "abcdefgh", "abcdefghSECRETTAIL", "TAIL-of-another-one"
SECRETS = {"A": SHORT, "B": LONG, "C": CROSSING, "K": KEY}
SHARDS = [
    SHORT,
    LONG,
    CROSSING,
    KEY,
    KEY[:40],
    KEY[18:],
    KEY[18:60],
    SHORT[:5],
    "SECRET",
    "TAIL",
    "a",
    "-",
    "\n",
    "\r\n",
    "noise ",
]


@given(st.lists(st.sampled_from(SHARDS), max_size=10), st.data())
def test_values_that_overlap_or_have_lines_are_stored_the_same_however_a_stream_is_cut(
    shards: list[str], data: st.DataObject
) -> None:
    """Here also the shortest beginning waits: else up to three bytes of it would stand before the mark."""
    text = "".join(shards).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redaction, "_LEAST_HELD", 1)
        assert passed(pieces, **SECRETS) == passed([text], **SECRETS)
    for stored in (passed(pieces, **SECRETS), passed([text], **SECRETS)):
        bare = stored.translate(None, b"\r\n")
        assert not any(value.encode().translate(None, b"\n") in bare for value in SECRETS.values())


@pytest.mark.parametrize("size", [1, 7, 8, 9, 64])
def test_a_value_with_which_a_longer_one_begins_gives_nothing_of_that_away(size: int) -> None:
    text = f"x {LONG} y {SHORT} z\n".encode()
    stored = passed([text[at : at + size] for at in range(0, len(text), size)], A=SHORT, B=LONG)
    assert re.fullmatch(rb"x (abc|ab|a)?\*\*\* y (abc|ab|a)?\*\*\* z\n", stored)


SHORT_ENDED = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nq9Zx8Kd1Q==\n-----END KEY-----\n"


def test_a_key_that_comes_line_by_line_is_one_value() -> None:
    lines = [f"{line}\n".encode() for line in SHORT_ENDED.splitlines()]
    assert passed(lines, K=SHORT_ENDED) == passed([SHORT_ENDED.encode()], K=SHORT_ENDED) == b"***\n"


def test_a_short_line_at_which_a_key_breaks_off_is_not_told() -> None:
    stored = passed([SHORT_ENDED.partition("-----END")[0].encode(), b"no more"], K=SHORT_ENDED)
    assert stored.split() == [b"***", b"***", b"no", b"more"]


def test_a_mark_is_told_at_once_and_only_what_may_belong_to_it_waits() -> None:
    redactor = Redactor({"A": SHORT, "B": LONG})
    assert redactor.feed(SHORT.encode()) == b"***"
    assert redactor.feed(b"SEC") == b""
    assert redactor.feed(b"OND\n") == b"SECOND\n"
    assert redactor.feed(f"{SHORT}SECR".encode()) == b"***"
    assert redactor.flush() == b"SECR"


def test_a_beginning_before_very_many_line_breaks_is_not_held_for_ever() -> None:
    redactor = Redactor({"T": VALUE})
    stored = b"".join(redactor.feed(piece) for piece in [VALUE[:9].encode(), *[b"\n" * 1000] * 9])
    assert len(stored) > 7000
    assert stored + redactor.flush() == VALUE[:9].encode() + b"\n" * 9000


@given(st.binary(max_size=60), st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8, max_size=20), st.data())
def test_nothing_else_is_lost(noise: bytes, value: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(noise)))
    stored = passed([noise[:at], noise[at:]], T=value)
    assert b"***" in stored or stored == noise


def test_every_byte_by_itself_is_still_found() -> None:
    stored = passed([bytes([byte]) for byte in b"token: " + VALUE.encode() + b" end\n"], T=VALUE)
    # What may be the beginning waits from its fourth byte on.
    assert stored == b"token: hf_*** end\n"


@pytest.mark.parametrize("width", [1, 3, 7, 20])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_value_that_was_wrapped_is_found(width: int, end: str) -> None:
    wrapped = end.join(VALUE[at : at + width] for at in range(0, len(VALUE), width))
    assert passed([f"x {wrapped} y".encode()], T=VALUE) == b"x *** y"


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
def test_its_base64_is_found_wherever_it_begins(before: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes):
        stored = passed([encode((before + VALUE + ":tail").encode())], T=VALUE)
        assert b"***" in stored
        assert len(stored) < len(before) * 2 + 25


def test_what_stands_between_two_of_them_stays() -> None:
    assert passed([f"{VALUE}\n{VALUE}{VALUE}\r\n".encode()], T=VALUE) == b"***\n******\r\n"


def test_other_forms_of_it_are_found() -> None:
    odd = 'pass"word\tå&?/x'
    url = "https://h/?p=pass%22word%09%C3%A5%26%3F%2Fx"
    small = "https://h/?p=pass%22word%09%c3%a5%26%3f%2fx"
    for text in (json.dumps({"p": odd}), json.dumps([odd], ensure_ascii=False), repr([odd]), url, small):
        assert b"***" in passed([text.encode()], P=odd), text
        assert b"word" not in passed([text.encode()], P=odd)


def test_a_value_of_several_lines_is_found_whole_and_line_by_line() -> None:
    assert passed([KEY.encode()], K=KEY) == b"***\n"
    lines = "".join(f"key> {line}\n" for line in KEY.splitlines())
    assert b"MIIE" not in passed([lines.encode()], K=KEY)
    assert b"BAQE" not in passed([lines.encode()], K=KEY)


def test_a_beginning_that_comes_to_nothing_is_told_in_the_end() -> None:
    redactor = Redactor({"T": VALUE})
    assert redactor.feed(b"say hf_") == b"say hf_"
    assert redactor.feed(b"S3c") == b""
    assert redactor.feed(b"onds") == b"S3conds"
    assert redactor.feed(b" hf_S3cret") == b" "
    assert redactor.flush() == b"hf_S3cret"


def test_a_job_finds_its_secrets_and_its_log_does_not_tell_them(platform: StandIn, agents: Agents) -> None:
    code = "import os\nfor c in os.environ['HF_TOKEN']: print(c, end='', flush=True)\nprint('', len(os.environ['HF_TOKEN']))"
    agent, report = agents.run([sys.executable, "-c", code], secrets={"HF_TOKEN": VALUE})
    assert report["exit_code"] == 0
    assert bytes(platform.log).endswith(b"*** %d\n" % len(VALUE))
    assert_nowhere(agent.folder)


def test_a_reason_does_not_tell_a_secret(platform: StandIn, agents: Agents) -> None:
    agent, report = agents.run([VALUE, "x"], secrets={"HF_TOKEN": VALUE})
    assert report["detail"] == "'***' was not found: is it installed where the job runs?"
    assert_nowhere(agent.folder)


def test_a_secret_in_the_name_of_an_output_is_not_told(platform: StandIn, agents: Agents) -> None:
    value = "hf_S3cretValue0123456789"
    agent, report = agents.run('mkfifo "output/$HF_TOKEN"', secrets={"HF_TOKEN": value})
    assert "'***' (a named pipe)" in str(report["detail"])
    assert value not in agent.notes + json.dumps(agent.kept_report)


def test_the_agent_passes_a_secret_in_no_argument_and_not_in_its_own_environment(platform: StandIn, agents: Agents) -> None:
    search = (
        "import os, pathlib\nvalue = os.environ.pop('HF_TOKEN').encode()\n"
        "for process in pathlib.Path('/proc').iterdir():\n"
        "    for name in ('environ', 'cmdline') if process.name.isdecimal() and process.name != str(os.getpid()) else ():\n"
        "        try: found = (process / name).read_bytes()\n"
        "        except OSError: continue\n"
        "        if value in found: print('found', process, name)\n"
        "print('searched', os.getppid())"
    )
    agent, _ = agents.run([sys.executable, "-c", search], secrets={"HF_TOKEN": VALUE})
    assert bytes(platform.log).decode() == f"searched {agent.process.pid}\n"


def assert_nowhere(folder: Path) -> None:
    for root, _, files in os.walk(folder):
        for name in files:
            assert VALUE.encode() not in Path(root, name).read_bytes(), name
