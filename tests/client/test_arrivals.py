"""When a running job ends, as it is told to people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.arrivals import arrival_text
from acai_jupyter.client.client import Client

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")


def told(low: float | None = None, high: float | None = None, **more: Any) -> dict[str, Any]:
    """A running job that ends so many minutes from now."""
    ends = {"eta": None, "eta_low": None, "eta_high": None}
    if low is not None and high is not None:
        minutes = {"eta": (low + high) / 2, "eta_low": low, "eta_high": high}
        ends = {name: (NOW + timedelta(minutes=left)).isoformat() for name, left in minutes.items()}  # type: ignore[misc]
    return {"status": "RUNNING", "step": None, "steps": None, "late": False, **ends, **more}


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (told(), ""),
        (told(step=3.0), "step 3"),
        (told(step=3.0, steps=10.0), "step 3 of 10"),
        (told(12, 19), "(in 12–19 min)"),
        (told(-2, 3), "(in 0.0–3.0 min)"),
        (told(-9, -1), "was expected to end about"),
        (told(12, 19, late=True), "misses its bound"),
        (told(12, 19, status="FINISHED"), ""),
    ],
)
def test_what_is_known_of_the_end_is_told(job: dict[str, Any], expected: str) -> None:
    text = arrival_text(job, NOW)
    assert expected in text
    assert bool(text) == bool(expected)


def test_a_running_job_tells_its_step_and_when_it_ends(client: Client, server: Server) -> None:
    gate = server.folder / "arrive"
    steps = 'for n in 1 2 3 4 5 6; do echo "[ACAI_TAG_NUM] job step:$n"; sleep 0.3; done'
    job = client.jobs.submit(f"echo '[ACAI_TAG_NUM] job steps:1000'; {steps}; while [ ! -e '{gate}' ]; do sleep 0.05; done")
    wait_for(lambda: job.eta is not None)
    assert "of 1000, ends about" in repr(job)
    assert job.details["eta_low"] <= job.details["eta"] <= job.details["eta_high"]
    assert not job.late
    gate.touch()
    assert job.wait(60).status == "FINISHED"
    assert job.eta is None
    assert job.details["step"] == 6
