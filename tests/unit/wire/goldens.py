"""The golden messages, and things of the domain that they tell of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from acai_jupyter.domain import clock
from acai_jupyter.domain.arrivals import Arrival, Bound, Steps
from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.events import Event, EventKind
from acai_jupyter.domain.grids import Grid, GridRow, GridState, GridSummary
from acai_jupyter.domain.jobs import Job, JobSpec, Outcome, Phases, Status, Transition, Used
from acai_jupyter.domain.origins import GitState
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.submissions import JobDetails
from acai_jupyter.domain.transfers import FetchableFiles, SignedRequest

FOLDER: Final = Path(__file__).parents[2] / "wire"
NAMES: Final = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.json"))

ID: Final = UUID("01930a1b2c3d7e8f9a0b1c2d3e4f5a6b")
HELLO: Final = of_bytes(b"hello")


def golden(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def at(second: float) -> int:
    return clock.read("2026-11-20T09:30:00Z") + round(second * clock.SECOND)


SPEC: Final = JobSpec(
    command="python train.py --epoch 5",
    resources=Resources(2.0, 2048),
    prices=PriceTable(),
    name="train",
    output_name="Model",
    output_path="/Model/",
    code_snapshot_id=ID,
    python="/opt/venv/bin/python",
    requirements="tqdm==4.67\n",
    git=GitState("4d1c3c5a8f0f4f7c9a3c2f1b7e6d5a4b3c2d1e0f", "main", True, "https://github.com/acme/digits.git"),
    env=(("DATA_SEED", "7"),),
    timeout=7200 * clock.SECOND,
    input_job_id=UUID(int=3),
    grid_id=UUID(int=4),
    grid_row=2,
    secrets=("HF_TOKEN",),
    bound=Bound(600 * clock.SECOND, None, True, 4_500_000, 4_000_000, 5_000_000, 5.0),
)
JOB: Final = Job(
    project_id=UUID(int=1),
    id=ID,
    number=12,
    user_id=UUID(int=2),
    creator="john",
    spec=SPEC,
    status=Status.FINISHED,
    attempt=1,
    created_at=at(0),
    outcome=Outcome(Status.FINISHED, exit_code=0),
    launching_at=at(0.1),
    running_at=at(0.2),
    ended_at=at(4.2),
    phases=Phases(0.25, 3.5, 0.25),
    used=Used(205 * 2**20, 3.25, 0.5, 4096, 8192),
    enforced={"cpu": "cgroup v2", "memory": "cgroup v2"},
    runtime=4 * clock.SECOND,
    cost=70,
    input_label="Digits:1",
    input_job_number=11,
    grid_number=3,
    output_label="Model:1",
    steps=Steps(5.0, 5.0, True, 0, at(4.0)),
    arrival=Arrival(at(4.3), at(4.2), at(4.4), at(3.5)),
    notes=("memory rounded up from 2000MB to 2048MB",),
)
GRID: Final = GridState(
    Grid(UUID(int=1), ID, 3, UUID(int=2), "john", "forest", "python train.py --depth {2,6}", 2, at(0)),
    GridSummary({Status.RUNNING: 1, Status.FINISHED: 1}, 70, 4 * clock.SECOND, 1),
)
GRID_ROW: Final = GridRow({"depth": 6.0}, JOB, {"accuracy": 0.97, "loss": float("nan")})
DETAILS: Final = JobDetails(
    JOB,
    (Transition(1, 0, Status.QUEUED, None, None, at(0)), Transition(2, 1, Status.FINISHED, None, None, at(4.2))),
    (11,),
)
EVENT: Final = Event(UUID(int=1), 42, EventKind.JOB_CHANGED, (("job", "job_01930a1b2c3d7e8f9a0b1c2d3e4f5a6b"),), at(0))
FETCHABLE: Final = FetchableFiles(
    ["data/train.json"],
    (),
    [5],
    [str(HELLO)],
    [0],
    [0],
    [],
    [SignedRequest("GET", "http://127.0.0.1:8888/acai/objects/aa/bb/0?expires=1&signature=x")],
)
