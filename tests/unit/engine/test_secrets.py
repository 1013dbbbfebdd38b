"""Secrets: who has them, which jobs get them, and what becomes of jobs that can't."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from support.engine import Agent, Engine, NewEngine

from acai_jupyter.backends.vault import FernetVault
from acai_jupyter.domain.errors import (
    AgentSuperseded,
    InvalidName,
    InvalidRequest,
    InvalidSetting,
    LimitExceeded,
    SecretNotFound,
    SecretUnreadable,
)
from acai_jupyter.domain.jobs import Reason, Status
from acai_jupyter.domain.secrets import MOST_BYTES, MOST_OF_A_USER
from acai_jupyter.engine.secrets import Secrets
from acai_jupyter.ports.launcher import LaunchSpec

VALUE = "hf_S3cretValue0123456789"


def manifest(engine: Engine, number: int = 1) -> dict[str, object]:
    """What the agent of a job that was claimed is told."""
    return engine.dispatch.manifest(engine.job(number), "default")


def test_a_job_is_given_the_values_that_it_names_and_its_record_only_the_names(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    engine.secrets.set(engine.owner, "OTHER", "another value")
    engine.running(secrets=("HF_TOKEN",))
    assert manifest(engine)["secrets"] == {"HF_TOKEN": VALUE}
    assert engine.job().spec.secrets == ("HF_TOKEN",)
    assert VALUE not in repr(engine.registry.get(engine.owner, "1"))


def test_the_value_is_the_one_that_is_set_when_the_job_begins(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "HF_TOKEN", "the first value")
    engine.submit(secrets=("HF_TOKEN",))
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    engine.tick()
    engine.agent().claim()
    assert manifest(engine)["secrets"] == {"HF_TOKEN": VALUE}


def test_only_names_are_listed(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "B", VALUE)
    engine.secrets.set(engine.owner, "A", VALUE)
    assert [secret.name for secret in engine.secrets.list(engine.owner)] == ["A", "B"]
    assert VALUE not in repr(engine.secrets.list(engine.owner))


def test_a_secret_is_its_users_alone(engine: Engine) -> None:
    bob = engine.user("bob")
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    assert engine.secrets.list(bob) == []
    with pytest.raises(SecretNotFound, match="acai secret set HF_TOKEN"):
        engine.submit(principal=bob, secrets=("HF_TOKEN",))
    with pytest.raises(SecretNotFound):
        engine.secrets.delete(bob, "HF_TOKEN")
    engine.secrets.set(bob, "HF_TOKEN", "the value of bob")
    engine.submit(principal=bob, secrets=("HF_TOKEN",))
    engine.tick()
    engine.agent().claim()
    assert manifest(engine)["secrets"] == {"HF_TOKEN": "the value of bob"}


def test_a_secret_that_is_not_there_is_refused_at_submission_by_name(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    with pytest.raises(SecretNotFound, match="There is no secret WANDB_KEY"):
        engine.submit(secrets=("HF_TOKEN", "WANDB_KEY"))
    assert engine.registry.page(engine.owner, [], None, 10) == []


def test_a_job_whose_secret_was_deleted_before_its_launch_fails_and_says_so(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    engine.submit(secrets=("HF_TOKEN",))
    engine.secrets.delete(engine.owner, "HF_TOKEN")
    engine.tick()
    job = engine.job()
    assert job.outcome is not None
    assert (job.status, job.outcome.reason) == (Status.FAILED, Reason.LAUNCH)
    assert "The secret HF_TOKEN was deleted" in str(job.outcome.detail)
    assert engine.launcher.specs == []


def test_a_job_whose_secret_was_deleted_before_its_agent_came_fails_and_the_agent_leaves(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    engine.running(secrets=("HF_TOKEN",))
    engine.secrets.delete(engine.owner, "HF_TOKEN")
    with pytest.raises(AgentSuperseded, match="HF_TOKEN"):
        manifest(engine)
    job = engine.job()
    assert (job.status, job.outcome and job.outcome.reason) == (Status.FAILED, Reason.LAUNCH)
    assert (job.runtime, job.cost) == (0, 0)


def test_a_job_that_runs_keeps_running_when_its_secret_is_deleted(new_engine: NewEngine) -> None:
    """Also where a server died between its launch and its note, and the next one looks for the agent."""
    engine = new_engine(launch_hold=0.0)
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    engine.submit(secrets=("HF_TOKEN",))

    def claim_and_die(_spec: LaunchSpec) -> None:
        engine.launcher.on_launch = lambda spec: None
        agents.append(engine.agent())
        agents[0].claim()
        raise KeyboardInterrupt

    agents: list[Agent] = []
    engine.launcher.on_launch = claim_and_die
    with pytest.raises(KeyboardInterrupt):
        engine.tick()
    engine.secrets.delete(engine.owner, "HF_TOKEN")
    engine.launcher.refusals = [InvalidRequest("There is no such folder.")]
    for _ in range(2):
        engine.tick()
    with engine.store.read() as unit:
        (rank,) = unit.jobs.ranks(engine.job())
    assert rank.handle == engine.launcher.handles[-1]
    job = agents[0].report(command_time=3.0)
    assert (job.status, job.runtime) == (Status.FINISHED, 3_000_000)


def test_a_retry_needs_the_secrets_too(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "HF_TOKEN", VALUE)
    engine.submit(secrets=("HF_TOKEN",))
    engine.registry.kill(engine.owner, "1")
    assert engine.registry.retry(engine.owner, "1").job.spec.secrets == ("HF_TOKEN",)
    engine.secrets.delete(engine.owner, "HF_TOKEN")
    with pytest.raises(SecretNotFound, match="HF_TOKEN"):
        engine.registry.retry(engine.owner, "1")


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "ACAI_TOKEN", "Ä", "A" * 129])
def test_a_name_that_is_no_variable_is_refused(engine: Engine, name: str) -> None:
    with pytest.raises(InvalidName):
        engine.secrets.set(engine.owner, name, VALUE)


@pytest.mark.parametrize("value", ["", "short", "a b c d e f", "x" * (MOST_BYTES + 1), VALUE + "\0"])
def test_a_value_that_cannot_be_kept_out_of_a_log_is_refused(engine: Engine, value: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        engine.secrets.set(engine.owner, "A", value)
    assert refused.value.message.startswith("A secret has at ")


def test_a_secret_and_a_variable_of_one_name_are_refused(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "A", VALUE)
    with pytest.raises(InvalidRequest, match="at once"):
        engine.submit(secrets=("A",), env={"A": "x"})


def test_a_user_has_a_bounded_number_of_secrets(engine: Engine) -> None:
    for number in range(MOST_OF_A_USER):
        engine.secrets.set(engine.owner, f"S{number}", VALUE)
    engine.secrets.set(engine.owner, "S0", VALUE)  # the same one again
    with pytest.raises(LimitExceeded):
        engine.secrets.set(engine.owner, "ONE_MORE", VALUE)
    assert len(engine.secrets.list(engine.owner)) == MOST_OF_A_USER


def test_a_key_can_be_changed_as_long_as_the_old_one_is_named(engine: Engine, tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    def with_keys(keys: str) -> Secrets:
        return Secrets(engine.store, FernetVault(keys, tmp_path / "unused"))

    with_keys(old).set(engine.owner, "A", VALUE)
    engine.submit(secrets=("A",))
    job = engine.job()
    assert with_keys(f"{new}, {old}").of_job(job) == {"A": VALUE}
    with pytest.raises(SecretUnreadable, match="The secret A was kept with another key"):
        with_keys(new).of_job(job)
    with pytest.raises(InvalidSetting, match="ACAI_SECRETS_KEY") as refused:
        with_keys("notakey").set(engine.owner, "A", VALUE)
    assert "notakey" not in refused.value.message


def test_a_job_whose_secret_cannot_be_read_any_more_fails(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "A", VALUE)
    engine.submit(secrets=("A",))
    (engine.folder / "keys" / "secrets").write_bytes(b"k" * 32)
    other = engine.another(engine.store)
    other.tick()
    outcome = other.job().outcome
    assert outcome is not None
    assert "The secret A was kept with another key" in str(outcome.detail)


def test_the_key_is_its_owners_alone_and_a_value_cannot_be_moved_to_another_name(tmp_path: Path) -> None:
    vault = FernetVault("", tmp_path / "keys" / "secrets")
    sealed = vault.seal("mine", VALUE)
    assert (tmp_path / "keys" / "secrets").stat().st_mode & 0o777 == 0o600
    assert FernetVault("", tmp_path / "keys" / "secrets").open("mine", sealed) == VALUE
    with pytest.raises(SecretUnreadable):
        vault.open("yours", sealed)
