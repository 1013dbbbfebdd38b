"""Jobs that write what nobody expects: it is taken or told, through a real server, and the next job runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.servers import Server

from acai_jupyter.client.job import Job

from .conftest import FULL

LINE_BYTES = (50 if FULL else 8) * 1024 * 1024
LOG_BYTES = (100 if FULL else 8) * 1024 * 1024
FILES = 100_000 if FULL else 3_000


def run(server: Server, program: str, **wanted: object) -> Job:
    return server.client().jobs.submit([sys.executable, "-c", program], **wanted).wait(240)


def test_one_line_of_many_megabytes_is_kept_whole(server: Server) -> None:
    program = f"import sys\nfor i in range({LINE_BYTES} // 65536): sys.stdout.write(chr(97 + i % 26) * 65536)"
    job = run(server, program)
    assert job.status == "FINISHED"
    expected = "".join(chr(97 + i % 26) * 65536 for i in range(LINE_BYTES // 65536))
    assert job.logs() == expected


def test_a_log_of_many_lines_is_kept_whole(server: Server) -> None:
    lines = LOG_BYTES // 100
    job = run(server, f"for i in range({lines}): print(f'{{i:099d}}')")
    assert job.status == "FINISHED"
    assert job.logs() == "".join(f"{i:099d}\n" for i in range(lines))


def test_very_many_files_become_one_version(server: Server) -> None:
    program = f"for i in range({FILES}): open(f'output/{{i % 100:02d}}-{{i}}', 'w').write(str(i))"
    job = run(server, program, output="Many")
    assert job.status == "FINISHED"
    assert job.output is not None
    assert job.output.file_count == FILES
    client = server.client()
    assert client.files.open(f"/Many/42-142@{job.output.reference}").read() == b"142"


def test_a_device_and_a_pipe_are_left_out_and_named(server: Server) -> None:
    program = "import os\nopen('output/x', 'w').write('x')\nos.mkfifo('output/pipe')\n" + make_device("output/null")
    try_device(server)
    job = run(server, program, output="Devices")
    assert (job.status, job.output and job.output.file_count) == ("FINISHED", 1)
    detail = job.details["detail"]
    assert "'pipe' (a named pipe)" in detail
    assert "'null' (a device)" in detail


def make_device(path: str) -> str:
    return f"import os; os.mknod('{path}', 0o20666, os.makedev(1, 3))"


def try_device(server: Server) -> None:
    if run(server, make_device("device")).status != "FINISHED":
        pytest.skip("this user may make no device")


@pytest.mark.parametrize(("levels", "told"), [(12, "its name is too long"), (20, "File name too long")])
def test_a_path_that_is_too_long_fails_the_job_and_the_rest_is_kept(
    server: Server, tmp_path: Path, levels: int, told: str
) -> None:
    """The lake takes paths of up to 2,000 bytes; the system itself opens none of more than 4,096."""
    program = (
        "import os\nopen('output/x', 'w').write('x')\nos.chdir('output')\n"
        f"for _ in range({levels}): os.mkdir('d' * 200); os.chdir('d' * 200)\n"
        "open('deep', 'w').write('y')"
    )
    job = run(server, program, output="Deep")
    assert (job.status, job.reason) == ("FAILED", "output")
    assert told in job.details["detail"]
    assert [path.name for path in job.download(tmp_path)] == ["x"]
    assert run(server, "print('next')").logs() == "next\n"
