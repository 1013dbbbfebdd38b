"""Holding jobs to their resources: what this machine offers is found out by trying, and what held is what is said."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from support.waiting import wait_for

from acai_jupyter.backends.launchers.capacity import _cpu_limits, _memory_limits
from acai_jupyter.backends.launchers.limits.cgroup_v1 import CgroupV1
from acai_jupyter.backends.launchers.limits.cgroup_v2 import CgroupV2
from acai_jupyter.backends.launchers.limits.cgroups import Mount, members, mounts, own_mounts, sweep
from acai_jupyter.backends.launchers.limits.choose import Limits
from acai_jupyter.backends.launchers.limits.way import Way
from acai_jupyter.backends.launchers.limits.without_groups import WithoutGroups
from acai_jupyter.backends.launchers.process import ProcessLauncher
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.launcher import LaunchSpec, Sign
from tests.agent.stand_in import TOKEN, StandIn, running

HOG = "held = []\nwhile True: held.append(bytearray(b'x') * 2**24)"
BOTH = frozenset({"cpu", "memory"})


platform = pytest.fixture(running)


def spec(platform: StandIn, command: list[str] | str, resources: Resources) -> LaunchSpec:
    job = uuid.uuid4()
    name = f"job_{job.hex}"
    told = {"cpu": resources.cpu, "memory_mb": resources.memory_mb, "gpu": 0}
    platform.manifest |= {"command": command, "job": name, "resources": told}
    config = {"contract": 1, "url": platform.url, "token": TOKEN, "servers": None, "job": name, "attempt": 1, "rank": 0}
    return LaunchSpec(job, 1, 0, resources, None, None, config)


def report_of(platform: StandIn, launcher: ProcessLauncher, asked: LaunchSpec) -> dict[str, object]:
    """What the agent reports in the end; everything it left is removed."""
    handle = launcher.launch(asked)
    wait_for(lambda: launcher.poll([handle])[0].sign is Sign.GONE, 60)
    launcher.clean(handle)
    return platform.reports[-1]


def usable(way: Way) -> list[Way]:
    return [way] if way.can else []


WAYS: dict[str, Callable[[], list[Way]]] = {
    "cgroup v1": lambda: usable(CgroupV1(own_mounts())),
    "cgroup v2": lambda: usable(CgroupV2(own_mounts())),
    "affinity and rlimit": lambda: usable(WithoutGroups(lambda: ())),
}


@pytest.fixture(params=WAYS)
def ways(request: pytest.FixtureRequest) -> list[Way]:
    found = WAYS[request.param]()
    if not found:
        pytest.skip(f"this machine does not allow {request.param}")
    return found


@pytest.fixture
def new_launcher() -> Iterator[Callable[..., ProcessLauncher]]:
    with ExitStack() as stack:
        yield lambda *given: stack.enter_context(closing(ProcessLauncher(*given)))


def test_a_job_that_needs_more_memory_than_it_asked_for_is_out_of_memory(
    platform: StandIn, ways: list[Way], tmp_path: Path, new_launcher: Callable[..., ProcessLauncher]
) -> None:
    if "memory" not in ways[0].can:
        pytest.skip("memory can't be held this way here")
    report = report_of(platform, new_launcher(tmp_path, ways), spec(platform, ["python3", "-c", HOG], Resources(1.0, 128)))
    assert report["ended"] == "out_of_memory"
    assert "128 MB" in str(report["detail"])
    assert "memory" in dict(report["enforced"])  # type: ignore[call-overload]


def test_a_job_that_fails_within_its_memory_is_not_out_of_memory(
    platform: StandIn, ways: list[Way], tmp_path: Path, new_launcher: Callable[..., ProcessLauncher]
) -> None:
    report = report_of(platform, new_launcher(tmp_path, ways), spec(platform, "echo no; exit 3", Resources(1.0, 128)))
    assert (report["ended"], report["exit_code"]) == ("exited", 3)


def test_what_holds_a_job_is_told_while_it_runs(
    platform: StandIn, ways: list[Way], tmp_path: Path, new_launcher: Callable[..., ProcessLauncher]
) -> None:
    launcher = new_launcher(tmp_path, ways)
    handle = launcher.launch(spec(platform, "exec sleep 60", Resources(1.0, 256)))
    try:
        platform.wait(lambda: any(beat.get("enforced") for beat in platform.heartbeats))
        (told,) = {json.dumps(beat["enforced"]) for beat in platform.heartbeats if beat.get("enforced")}
        assert set(json.loads(told)) == launcher.capacity().enforced == ways[0].can
    finally:
        launcher.kill(handle, force=True)
        launcher.clean(handle)


def test_a_job_that_escapes_its_parents_is_ended_with_its_group(
    platform: StandIn, tmp_path: Path, new_launcher: Callable[..., ProcessLauncher]
) -> None:
    """It has no session, group, parent or environment by which it could be found."""
    found = WAYS["cgroup v1"]() or WAYS["cgroup v2"]()
    if not found:
        pytest.skip("this machine has no control groups for us")
    escaped = "setsid env -i /bin/sh -c 'echo $$ > pid; exec sleep 60' & while [ ! -s pid ]; do :; done; cat pid; exec sleep 60"
    launcher = new_launcher(tmp_path, found)
    handle = launcher.launch(spec(platform, escaped, Resources(1.0, 256)))
    platform.wait(lambda: platform.log.endswith(b"\n"))
    pid = int(platform.log)
    os.kill(json.loads(handle)["pid"], 9)
    wait_for(lambda: launcher.poll([handle])[0].sign is Sign.GONE)
    assert Path(f"/proc/{pid}").exists()
    launcher.clean(handle)
    wait_for(lambda: not Path(f"/proc/{pid}").exists())


def test_nothing_is_left_of_a_group_when_its_job_has_ended(
    platform: StandIn, tmp_path: Path, new_launcher: Callable[..., ProcessLauncher]
) -> None:
    way = CgroupV1(own_mounts())
    if not way.can:
        pytest.skip("this machine has no control groups of version 1 for us")
    asked = spec(platform, "true", Resources(1.0, 256))
    report_of(platform, new_launcher(tmp_path, [way]), asked)
    group = f"acai-{asked.job_id.hex}-1-0"
    assert [mount.own / group for mount in own_mounts() if (mount.own / group).exists()] == []


def group(parent: Path, name: str, hours: float = 0.0) -> Path:
    made = parent / name
    made.mkdir()
    long_ago = time.time() - hours * 3600
    os.utime(made, (long_ago, long_ago))
    return made


def test_groups_that_dead_agents_left_are_swept_and_no_others(tmp_path: Path) -> None:
    left = group(tmp_path, "acai-dead-1-0", 30)
    kept = [group(tmp_path, "acai-young-1-0", 3), group(tmp_path, "acai-ours-1-0", 30), group(tmp_path, "user.slice", 30)]
    busy = group(tmp_path, "acai-busy-1-0", 30)
    (busy / "cgroup.procs").touch()  # a folder that can't be removed, as a group with a process can't
    os.utime(busy, (0, 0))
    sweep([tmp_path, tmp_path / "gone"], lambda name: name == "acai-ours-1-0")
    assert not left.exists()
    assert all(path.exists() for path in (*kept, busy))


def test_a_launcher_sweeps_before_it_starts_anything_and_spares_its_living_agents(
    platform: StandIn, tmp_path: Path, new_launcher: Callable[..., ProcessLauncher]
) -> None:
    way = CgroupV1(own_mounts())
    if not way.can:
        pytest.skip("this machine has no control groups of version 1 for us")
    (parent, *_) = [mount.own for mount in own_mounts() if "memory" in mount.controllers]
    asked = spec(platform, "exec sleep 60", Resources(1.0, 256))
    first = new_launcher(tmp_path, [])
    handle = first.launch(asked)
    dead = group(parent, f"acai-{uuid.uuid4().hex}-1-0", 30)
    living = group(parent, f"acai-{asked.job_id.hex}-1-0", 30)
    try:
        new_launcher(tmp_path, [way]).capacity()
        assert (dead.exists(), living.exists()) == (False, True)
    finally:
        first.kill(handle, force=True)
        for left in (dead, living):
            if left.exists():
                left.rmdir()


def test_whole_cpus_are_those_that_the_fewest_jobs_have() -> None:
    own = sorted(os.sched_getaffinity(0))
    way = WithoutGroups(lambda: own[:1])
    orders = way.make("any", Resources(0.5, 512), BOTH)
    assert orders.cpus == ((own[1],) if len(own) > 1 else (own[0],))
    assert orders.data_bytes == 512 * 2**20
    assert way.make("any", Resources(1000.0, 512), BOTH).cpus == tuple(own)


class Refusing:
    """A way that worked when it was tried, and does not any more."""

    name, can, whole_cpus = "refusing", BOTH, False

    def make(self, group: str, resources: Resources, which: frozenset[str]) -> object:
        raise PermissionError(1, "Operation not permitted")

    def members(self, group: str) -> list[int]:
        return []

    def sweep(self, is_used: Callable[[str], bool]) -> None:
        """There is nothing."""

    def remove(self, group: str) -> None:
        """There is nothing."""


def test_a_job_runs_also_where_nothing_can_hold_it(
    platform: StandIn, tmp_path: Path, new_launcher: Callable[..., ProcessLauncher]
) -> None:
    for number, ways in enumerate(([], [Refusing()])):
        launcher = new_launcher(tmp_path / str(number), ways)  # type: ignore[arg-type]
        report = report_of(platform, launcher, spec(platform, "true", Resources(1.0, 512)))
        assert (report["ended"], report["exit_code"], report["enforced"]) == ("exited", 0, {})
    assert new_launcher(tmp_path, []).capacity().enforced == frozenset()


def test_each_resource_is_held_by_the_first_way_that_can() -> None:
    tried: list[int] = []

    def find() -> list[Way]:
        tried.append(1)
        first = WithoutGroups(lambda: ())
        first.can = frozenset({"memory"})
        return [first, WithoutGroups(lambda: ())]

    limits = Limits(find)
    assert tried == []
    orders = limits.make("any", Resources(1.0, 512))
    assert (orders.enforced, limits.enforced) == ({"cpu": "affinity", "memory": "rlimit"}, BOTH)
    assert (orders.cpus is not None, orders.data_bytes is not None, len(tried)) == (True, True, 1)


MOUNTS = """\
22 1 0:20 / /proc rw - proc proc rw
30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw
32 31 0:29 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
"""


def test_our_own_groups_are_found_wherever_they_are_mounted() -> None:
    found = {mount.root: mount for mount in mounts(MOUNTS, "5:cpu,cpuacct:/docker/abc/x\n4:memory:/\n0::/user.slice/a.scope\n")}
    assert found[Path("/sys/fs/cgroup")].own == Path("/sys/fs/cgroup/user.slice/a.scope")
    assert found[Path("/sys/fs/cgroup/cpu")].own == Path("/sys/fs/cgroup/cpu/x")
    assert found[Path("/sys/fs/cgroup/memory")].own == Path("/sys/fs/cgroup/memory")


@pytest.fixture
def version_2(tmp_path: Path) -> Mount:
    """A tree of files as systemd delegates it: `app.slice` hands controllers down, our own scope does not."""
    own = tmp_path / "user.slice" / "app.slice" / "jupyter.scope"
    own.mkdir(parents=True)
    for place, handed in (
        (tmp_path, "cpu memory pids"),
        (own.parent.parent, "cpu memory"),
        (own.parent, "cpu memory"),
        (own, ""),
    ):
        (place / "cgroup.subtree_control").write_text(handed)
    return Mount(tmp_path, own, frozenset())


def test_version_2_uses_the_nearest_group_that_hands_controllers_down(version_2: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "acai_jupyter.backends.launchers.limits.cgroup_v2.takes_processes", lambda place, try_it: bool(try_it("probe"))
    )
    way = CgroupV2([version_2])
    orders = way.make("acai-x", Resources(1.5, 512), way.can)
    group = version_2.own.parent / "acai-x"
    assert (way.can, orders.read, orders.enforced) == (BOTH, {"v2": str(group)}, {"cpu": "cgroup v2", "memory": "cgroup v2"})
    assert (group / "cpu.max").read_text() == "150000 100000"
    assert (group / "memory.max").read_text() == str(512 * 2**20)
    (group / "cgroup.procs").write_text("12\n345\n")
    assert way.members("acai-x") == members([group]) == {12, 345}


def test_a_container_has_no_more_than_its_own_groups_let_it(version_2: Mount) -> None:
    (version_2.own / "cpu.max").write_text("max 100000\n")
    (version_2.own.parent / "cpu.max").write_text("150000 100000\n")
    (version_2.own / "memory.max").write_text(f"{2**30}\n")
    assert (_cpu_limits(version_2), _memory_limits(version_2)) == ([1.5], [2**30])
