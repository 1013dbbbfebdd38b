"""GPUs: found, given to one job at a time, and shown to no other."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from support.waiting import wait_for

from acai_jupyter.backends.launchers.gpus import machine_gpus
from acai_jupyter.backends.launchers.process import ProcessLauncher
from acai_jupyter.domain.errors import Unavailable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.launcher import Sign
from tests.agent.stand_in import running
from tests.unit.backends.launchers.test_limits import spec

SHOW = 'echo "[$CUDA_VISIBLE_DEVICES] $CUDA_DEVICE_ORDER"; exec sleep 60'


def with_drivers(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


def test_gpus_are_those_that_have_a_driver(tmp_path: Path) -> None:
    devices = with_drivers(tmp_path, "nvidia10", "nvidia2", "nvidia0", "nvidiactl", "nvidia-uvm", "sda")
    assert machine_gpus({}, devices) == ("0", "2", "10")
    assert machine_gpus({}, tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("named", "seen"),
    [("", ()), ("1", ("1",)), ("3, 0", ("3", "0")), ("0,-1,2", ("0",)), ("-1", ()), ("GPU-7a,MIG-b", ("GPU-7a", "MIG-b"))],
)
def test_a_platform_that_sees_some_gpus_only_gives_no_others(tmp_path: Path, named: str, seen: tuple[str, ...]) -> None:
    assert machine_gpus({"CUDA_VISIBLE_DEVICES": named}, with_drivers(tmp_path, "nvidia0")) == seen


def test_a_gpu_has_one_job_at_a_time(tmp_path: Path) -> None:
    with closing(ProcessLauncher(tmp_path / "jobs", [], capacity=Resources(0.0, 0, 3))) as launcher, ExitStack() as stack:
        assert launcher.capacity().gpu == 3
        handles: list[str] = []

        def sees(gpus: int) -> str:
            platform = stack.enter_context(contextmanager(running)())
            handles.append(launcher.launch(spec(platform, SHOW, Resources(1.0, 256, gpus))))
            stack.callback(launcher.kill, handles[-1], force=True)
            platform.wait(lambda: b"\n" in platform.log)
            return bytes(platform.log).decode()

        assert [sees(2), sees(1), sees(0)] == ["[0,1] PCI_BUS_ID\n", "[2] PCI_BUS_ID\n", "[] PCI_BUS_ID\n"]
        with pytest.raises(Unavailable, match="in use by other jobs"):
            sees(1)
        launcher.kill(handles[1], force=True)
        wait_for(lambda: launcher.poll([handles[1]])[0].sign is Sign.GONE)
        assert sees(1) == "[2] PCI_BUS_ID\n"
