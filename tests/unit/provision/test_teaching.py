"""Which ordinary jobs teach a profile: those that are what its trials are, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from sqlalchemy import insert, select
from support.engine import Engine
from unit.provision.conftest import Lab, law

from acai_jupyter.backends.sql.tables import jobs
from acai_jupyter.backends.sql.unit import SqlUnitOfWork
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.quotes import Limits
from acai_jupyter.domain.resources import Bounds, Resources
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.launcher import Capacity

ONE = {"template": "train --epoch {1,2}", "cpus": (1.0,), "memories_mb": (512,)}


def runs(lab: Lab) -> int:
    """How many runs the profile has learnt from; two are its trials."""
    return lab.quotes.quote(lab.engine.owner, "fit", [50], Limits()).runs


def at_once(job: Job) -> dict[str, Any]:
    return {"command_time": 1.0}


def test_jobs_in_other_surroundings_do_not_teach(lab: Lab) -> None:
    same = {"env": {"A": "1", "B": "1"}}
    lab.run(**ONE, env={"B": "1", "A": "1"})
    others = [{"env": {"SMOKE_TEST": "1"}}, {"python": "/usr/bin/python3"}, {"image": "another"}, {"requirements": "numpy==1.26"}]
    for other in others:
        lab.engine.submit("train --epoch 50", **{**same, **other})
    lab.work(ending=at_once)
    assert runs(lab) == 2
    lab.engine.submit("train --epoch 50", **same)
    lab.work()
    assert runs(lab) == 3


def test_a_job_with_gpus_does_not_teach(tmp_path: Path, store_url: str) -> None:
    engine = Engine(tmp_path, store_url, EngineSettings(quota=1000, bounds=Bounds(gpu_max=1)))
    engine.launcher.place = Capacity(1000.0, 1_000_000, 4, frozenset({"cpu", "memory"}))
    lab = Lab(engine)
    lab.run(**ONE)
    engine.submit("train --epoch 50", cpu=1.0, gpu=1)
    lab.work(ending=at_once)
    assert runs(lab) == 2
    engine.store.close()


def test_a_retry_which_went_on_from_a_checkpoint_does_not_teach(lab: Lab) -> None:
    lab.run(**ONE)
    job = lab.engine.submit("train --epoch 50", cpu=1.0).job
    lab.work(ending=lambda job: {"exit_code": 1, "command_time": 490.0})
    lab.engine.registry.retry(lab.engine.owner, str(job.number))
    lab.work(ending=at_once)
    assert runs(lab) == 2


def test_a_thousand_unrelated_jobs_do_not_push_out_one_that_teaches(lab: Lab) -> None:
    lab.run(**ONE)
    taught = lab.engine.submit("train --epoch 50", cpu=1.0).job
    lab.work()
    with lab.engine.store.begin() as unit:
        session = cast(SqlUnitOfWork, unit).session
        row = session.run(select(jobs).where(jobs.c.id == taught.id)).one()._asdict()
        copies = [{**row, "id": new_id(), "number": 10_000 + count, "command": f'"train.py {count}"'} for count in range(1001)]
        session.run(insert(jobs), copies)
    assert runs(lab) == 3


def test_what_was_learnt_is_kept_for_the_jobs_that_taught_it_not_for_their_number(lab: Lab) -> None:
    lab.run(**ONE)
    first = lab.engine.submit("train --epoch 50", cpu=1.0).job
    lab.work(ending=at_once)
    before = lab.quotes.predict(lab.engine.owner, "fit", [50], Resources(1.0, 512)).seconds
    with lab.engine.store.begin() as unit:  # it teaches no longer, and another one does
        cast(SqlUnitOfWork, unit).session.run(jobs.update().where(jobs.c.id == first.id).values(gpu=1))
    lab.engine.submit("train --epoch 50", cpu=1.0)
    lab.work()
    after = lab.quotes.predict(lab.engine.owner, "fit", [50], Resources(1.0, 512)).seconds
    assert abs(after - law("--epoch 50", 1.0)) < abs(before - law("--epoch 50", 1.0)) / 2


def test_the_same_command_is_recognised_and_teaches_however_it_was_written(lab: Lab) -> None:
    lab.run(**{**ONE, "template": "train --epoch {1,2} "})
    written = [
        "train  --epoch\t50",
        " train --epoch 50\n",
        "train \\\n  --epoch 50",
        "tr\\\nain --epoch 50",
        ("train", "--epoch", "50"),
    ]
    for command in written:
        lab.engine.submit(command, cpu=1.0)
    lab.work(ending=lambda job: {"command_time": law("--epoch 50", 1.0)})
    for command in written:
        quote = lab.quotes.quote_for(lab.engine.owner, Submission(command), Limits())
        assert (quote.values, quote.runs) == ((50.0,), 2 + len(written))


def test_a_job_with_a_number_that_no_machine_holds_is_no_job_of_the_template(lab: Lab) -> None:
    lab.run(**ONE)
    lab.engine.submit("train --epoch 1e999", cpu=1.0)
    lab.work(ending=at_once)
    assert runs(lab) == 2
