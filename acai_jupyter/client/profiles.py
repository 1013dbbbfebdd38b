"""Profiles: how long a command takes on which resources, learnt from trials (paper 4.2.2)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from acai_jupyter.client.following import follow
from acai_jupyter.client.jobs import Code, Jobs, variables
from acai_jupyter.client.predictions import Prediction
from acai_jupyter.client.progress import bar, somebody_looks
from acai_jupyter.client.quotes import Quote, limits, numbers
from acai_jupyter.client.records import Fileset, record
from acai_jupyter.client.transport import Json, Transport, segment
from acai_jupyter.domain.errors import ResourcesOutOfBounds
from acai_jupyter.domain.jobs import TERMINAL, Status
from acai_jupyter.domain.resources import parse_memory

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_PROFILING: Final = "PROFILING"
_CPUS_DRAWN: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_MOST_DRAWN: Final = 60
"""Of so many trials a notebook shows a picture beside the table; each is predicted for it."""
_MOST_WHOLE: Final = 2**53
_COLUMNS: Final = {
    "name": "text",
    "status": "text",
    "command_template": "text",
    "input": "text",
    "law": "text",
    "creator": "text",
    "create_time": "time",
}
_TRIAL_COLUMNS: Final = {
    "number": "integer",
    "cpu": "number",
    "memory_mb": "integer",
    "job": "integer",
    "status": "text",
    "reason": "text",
    "runtime": "number",
    "cost": "number",
}


class Profile:
    """A command template, its trials, and what was learnt from them: a live handle."""

    def __init__(self, transport: Transport, told: Json) -> None:
        self._transport = transport
        self._told = told

    @property
    def name(self) -> str:
        return str(self._told["name"])

    @property
    def details(self) -> Json:
        """All that the platform tells, as it was last asked."""
        return dict(self._told)

    @property
    def status(self) -> str:
        """PROFILING, FITTED, FAILED or KILLED."""
        return str(self._current()["status"])

    @property
    def law(self) -> str | None:
        """What was found, in words."""
        law: str | None = self._current()["law"]
        return law

    @property
    def notes(self) -> list[str]:
        """What the platform has to say, such as what was cut from the grid."""
        return list(self._told["notes"])

    @property
    def cost(self) -> float:
        """Dollars that the trials have cost so far."""
        return sum(trial["cost"] or 0.0 for trial in self._current()["jobs"])

    @property
    def trials(self) -> pd.DataFrame:
        """A row a trial: its values, resources, job, status, runtime in seconds and cost in dollars. A hint that is called as
        another column is named `arg.HINT`."""
        from acai_jupyter.client.frames import frame
        from acai_jupyter.domain.templates import parse_template

        told = self._current()
        hints = parse_template(told["command_template"]).hints
        named = [f"arg.{hint.name}" if hint.name in _TRIAL_COLUMNS else hint.name for hint in hints]
        types = ["integer" if all(map(_is_whole, hint.texts)) else "number" for hint in hints]
        kinds = dict(zip(named, types, strict=True))
        rows = [{**trial, **dict(zip(kinds, trial["values"], strict=True))} for trial in told["jobs"]]
        return frame({**kinds, **_TRIAL_COLUMNS}, rows)

    def wait(self, timeout: float | None = None, progress: bool | None = None) -> Profile:
        """Wait until the profile can predict, or has failed; returns the handle. An interrupt ends only the waiting.

        Raises TimeoutError.
        """
        most = self._told["trials"] or self._told["grid_size"]
        with bar("Profiling", somebody_looks() if progress is None else progress, " trials") as show:
            try:
                for told in follow(
                    self._transport,
                    self._path,
                    is_over=lambda told: told["status"] != _PROFILING,
                    matters=lambda event: event["kind"] in ("job.ended", "profile.ended"),
                    timeout=timeout,
                ):
                    self._told = told
                    if show is not None:
                        show(self._ended_trials(), most)
            except TimeoutError:
                raise TimeoutError(f"Profile {self.name} still runs its trials after {timeout:g} seconds.") from None
        return self

    def predict(self, values: Sequence[float], cpu: float, memory: str | float, *, model: str | None = None) -> Prediction:
        """The time and cost of a job with these values and resources; `model="log-linear"` asks the paper's model.

        Raises ProfileNotFitted, InvalidRequest, ResourcesOutOfBounds.
        """
        numbers("cpu", [cpu])
        asked = {"values": numbers("values", values), "cpu": cpu, "memory": memory, "model": model}
        return record(Prediction, self._transport.post(f"{self._path}/predict", asked))

    def quote(
        self,
        values: Sequence[float],
        *,
        max_time: str | float | None = None,
        max_cost: float | None = None,
        confidence: float | None = None,
        model: str | None = None,
    ) -> Quote:
        """The resources to give a job with these values: the least time under `max_cost` (dollars), the least cost under
        `max_time` (seconds, or text such as `20m`) or both, else the cheapest. Bounds are met with `confidence` (0.9).

        Raises ProfileNotFitted, InvalidRequest.
        """
        asked = {"values": numbers("values", values), "model": model, **limits(max_time, max_cost, confidence)}
        return Quote(self._transport.post(f"{self._path}/quote", asked))

    def kill(self) -> Profile:
        """End the profile and its trials. Raises ProfileEnded."""
        self._told = self._transport.post(f"{self._path}/kill")
        return self

    def plot(self) -> Figure:
        """Predicted against measured runtimes of the trials, with intervals; those that were stopped early are marked."""
        from acai_jupyter.client.profile_plots import plot_predictions

        rows = self._drawn
        told = [self.predict(row["values"], row["cpu"], row["memory_mb"]) for row in rows]
        pairs = [(row, one) for row, one in zip(rows, told, strict=True) if row["status"] == Status.FINISHED]
        stopped = [(row["runtime"], one) for row, one in zip(rows, told, strict=True) if row["status"] != Status.FINISHED]
        return plot_predictions(self.name, [row["runtime"] for row, _ in pairs], [one for _, one in pairs], stopped)

    def plot_grid(self, values: Sequence[float], max_cost: float | None = None) -> Figure:
        """Predicted runtimes over CPUs and memories, over budget in red (paper figure 16)."""
        from acai_jupyter.client.profile_plots import plot_grid

        tried = {trial["cpu"] for trial in self.details["jobs"]}
        memories = sorted({trial["memory_mb"] for trial in self.details["jobs"]})
        allowed = [one for cpu in sorted({*tried, *_CPUS_DRAWN}) if (one := self._allowed(values, cpu, memories[0]))]
        others = [[self.predict(values, one.cpu, memory) for one in allowed] for memory in memories[1:]]
        return plot_grid(f"{self.name}: {', '.join(f'{value:g}' for value in values)}", [allowed, *others], max_cost)

    def _allowed(self, values: Sequence[float], cpu: float, memory_mb: int) -> Prediction | None:
        """The prediction, None where no job is given so few or so many CPUs here."""
        try:
            return self.predict(values, cpu, memory_mb)
        except ResourcesOutOfBounds:
            return None

    def __repr__(self) -> str:
        told = self._current()
        why = f": {told['law'] or told['detail']}" if told["law"] or told["detail"] else ""
        return f"<Profile {self.name}: {told['status']}, {self._ended_trials()} of {len(told['jobs'])} trials done{why}>"

    def _repr_html_(self) -> str:
        from html import escape

        from acai_jupyter.client.html_tables import RUN_FORMS, table_html
        from acai_jupyter.client.profile_plots import as_html

        shown = self._told["status"] == "FITTED" and 0 < len(self._drawn) <= _MOST_DRAWN
        picture = as_html(self.plot, "predicted against measured") if shown else ""
        return f"<p>{escape(repr(self)[1:-1])}</p>{table_html(self.trials, RUN_FORMS)}{picture}"

    @property
    def _path(self) -> str:
        return f"/profiles/{segment(self._told['id'])}"  # by its name another one may answer by now

    @property
    def _drawn(self) -> list[Json]:
        """Trials with a runtime to compare with: those that finished, or were stopped early."""
        return [
            trial
            for trial in self._told["jobs"]
            if trial["runtime"] and (trial["status"] == Status.FINISHED or trial["reason"] == "stopped early")
        ]

    def _ended_trials(self) -> int:
        return sum(Status(trial["status"]) in TERMINAL for trial in self._told["jobs"])

    def _current(self) -> Json:
        if self._told["status"] == _PROFILING:
            self._refresh()
        return self._told

    def _refresh(self) -> None:
        self._told = self._transport.get(self._path)


class Profiles:
    """Profiles of the project, each under the name of its template."""

    def __init__(self, transport: Transport, jobs: Jobs) -> None:
        self._transport = transport
        self._jobs = jobs

    def create(
        self,
        name: str,
        command_template: str,
        *,
        input: str | Fileset | None = None,
        code: Code | None = None,
        image: str | None = None,
        python: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: str | float | None = None,
        cpus: Sequence[float] | None = None,
        memories_mb: Sequence[int | str] | None = None,
        trials: int | None = None,
        budget: float | None = None,
        again: bool = False,
    ) -> Profile:
        """Run `command_template` with every combination of its hints (`--epoch {1,2,5}`) on `cpus` × `memories_mb` (0.5, 1, 2 ×
        512, 1024, 2048 MB, or texts such as `2GiB`), as jobs, and learn from them how long it takes. With `trials` or `budget`
        (dollars) only those are run that teach most for their price. Without `code`, a script of this folder that the template
        runs goes along, as in `client.jobs.submit`. Where the same template, input and code were profiled before under that name,
        that profile is returned, unless `again`.

        Raises InvalidRequest, LimitExceeded, ResourcesOutOfBounds, FilesetNotFound.
        """
        wanted = {
            "name": name,
            "command_template": command_template,
            "input": None if input is None else str(input),
            "image": image,
            "python": python or (None if image else sys.executable),
            "env": variables(env),
            "timeout": timeout,
            "cpus": None if cpus is None else numbers("cpus", cpus),
            "memories_mb": None if memories_mb is None else [parse_memory(size) for size in memories_mb],
            "trials": trials,
            "budget": budget,
            "again": again,
        }
        numbers("budget", [budget])
        wanted["code"] = self._jobs.pin_code(command_template, code)
        return Profile(self._transport, self._transport.post("/profiles", wanted, creates=True))

    def get(self, name: str) -> Profile:
        """The profile of a name that was made, or used again, last, unless it failed; or that with an id. Raises
        ProfileNotFound."""
        return Profile(self._transport, self._transport.get(f"/profiles/{segment(name)}"))

    def list(self, limit: int = 100) -> pd.DataFrame:
        """A row a profile, newest first."""
        from acai_jupyter.client.frames import frame

        return frame(_COLUMNS, list(self._transport.pages("/profiles", most=limit, page=500)))

    def predict(
        self, name: str, values: Sequence[float], cpu: float, memory: str | float, *, model: str | None = None
    ) -> Prediction:
        """The time and cost of a job of this profile's template. Raises ProfileNotFound, and what `Profile.predict` raises."""
        return self.get(name).predict(values, cpu, memory, model=model)


def _is_whole(text: str) -> bool:
    """Whether a value of a hint is a whole number, and one that stays exact."""
    return text.isdecimal() and int(text) <= _MOST_WHOLE
