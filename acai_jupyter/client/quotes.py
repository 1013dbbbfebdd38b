"""Predictions and quotes, as they are shown to people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from acai_jupyter.client.predictions import PREDICTION_COLUMNS, Prediction, predictions_html
from acai_jupyter.client.records import record
from acai_jupyter.client.transport import Json
from acai_jupyter.domain.errors import InvalidRequest

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLUMNS = {"choice": "text", **PREDICTION_COLUMNS}


class Quote:
    """The resources to give a job under bounds on its time and cost, what comes near, and why. Nothing has been submitted."""

    def __init__(self, told: Json) -> None:
        self._told = told
        self.chosen = record(Prediction, told["chosen"])
        self.alternatives = tuple(record(Prediction, one) for one in told["alternatives"])

    @property
    def met(self) -> bool:
        """Whether the chosen resources meet the bounds with the confidence that was asked for."""
        return bool(self._told["met"])

    @property
    def why(self) -> str:
        return str(self._told["why"])

    @property
    def profile(self) -> str:
        """The name of the profile that predicts."""
        return str(self._told["profile"])

    @property
    def command(self) -> str:
        return str(self._told["command"])

    @property
    def details(self) -> Json:
        """All that the platform told."""
        return dict(self._told)

    def to_frame(self) -> pd.DataFrame:
        """A row for the choice, and one for each alternative."""
        from acai_jupyter.client.frames import frame

        rows = [{"choice": "chosen", **self._told["chosen"]}]
        rows += [{"choice": "alternative", **one} for one in self._told["alternatives"]]
        return frame(_COLUMNS, rows)

    def plot(self) -> Figure:
        """The time and cost of the choice and its alternatives, with their intervals and the bounds."""
        from acai_jupyter.client.profile_plots import plot_front

        told = self._told
        return plot_front(self.command, (self.chosen, *self.alternatives), told["max_time"], told["max_cost"])

    def __repr__(self) -> str:
        lines = [self.command, f"  {self.chosen.resources}: {self.chosen} ({self.why})"]
        lines += [f"  or {one.resources}: {one}" for one in self.alternatives]
        lines += [f"  not: {text}" for text in self._told["excluded"]]
        return "\n".join([*lines, f"  profile {self.profile}, {self._told['runs']} runs: {self._told['law']}"])

    def _repr_html_(self) -> str:
        from html import escape

        from acai_jupyter.client.profile_plots import as_html

        table = predictions_html(self.to_frame())
        left_out = "".join(f"<li>not: {escape(text)}</li>" for text in self._told["excluded"])
        said = f"<p><code>{escape(self.command)}</code>: {escape(self.why)}</p>"
        rest = f"<ul>{left_out}</ul>" if left_out else ""
        return f"{said}{table}{rest}<p>{escape(self._told['law'])}</p>{as_html(self.plot, 'time and cost')}"


def limits(max_time: str | float | None, max_cost: float | None, confidence: float | None) -> Json:
    """Bounds as requests carry them. Raises InvalidRequest for what JSON can't say."""
    given = {"max_time": max_time, "max_cost": max_cost, "confidence": confidence}
    for name, value in given.items():
        numbers(name, [value])
    return given


def numbers(name: str, given: Iterable[Any]) -> list[Any]:
    """The numbers of a list. Raises InvalidRequest for what is no list, and for what JSON can't say."""
    if not hasattr(given, "__iter__"):
        raise InvalidRequest(f"{name}={given!r} is no list: write {name}=[{given!r}].")
    values = list(given)
    for value in values:
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidRequest(f"{name}={value} can't be: give a number.")
    return values
