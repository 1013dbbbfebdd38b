"""What a job is predicted to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from acai_jupyter.domain.quotes import cost_range, time_range
from acai_jupyter.domain.resources import Resources

if TYPE_CHECKING:
    import pandas as pd

PREDICTION_COLUMNS: Final = {
    "cpu": "number",
    "memory_mb": "integer",
    "runtime": "number",
    "runtime_low": "number",
    "runtime_high": "number",
    "cost": "number",
    "cost_low": "number",
    "cost_high": "number",
    "extrapolation": "boolean",
}
"""What tables tell of a prediction."""


def predictions_html(table: pd.DataFrame) -> str:
    """A table of predictions for a notebook: times and costs as the ranges that they lie in with 90 %."""
    from acai_jupyter.client.html_tables import table_html

    ranges = {
        f"{name}, 90 %": [told(low, high) for low, high in zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)]
        for name, told in (("runtime", time_range), ("cost", cost_range))
    }
    single = [f"{name}{end}" for name in ("runtime", "cost") for end in ("", "_low", "_high")]
    shown = table.drop(columns=[*single, "extrapolation"]).assign(**ranges)
    return table_html(shown.assign(remark=table["extrapolation"].map({True: "extrapolation"})))


@dataclass(frozen=True, slots=True, repr=False)
class Prediction:
    """What a job on these resources is predicted to take: seconds and dollars, with a 90 % interval. `extrapolation` says that
    it lies outside what was profiled, `warning` why the resources may be too little."""

    cpu: float
    memory_mb: int
    runtime: float
    runtime_low: float
    runtime_high: float
    cost: float
    cost_low: float
    cost_high: float
    extrapolation: bool
    warning: str | None = None

    def __str__(self) -> str:
        beyond = ", extrapolation" if self.extrapolation else ""
        times, costs = time_range(self.runtime_low, self.runtime_high), cost_range(self.cost_low, self.cost_high)
        warning = f"; but {self.warning}" if self.warning else ""
        return f"{times}, {costs}, 90 %{beyond}{warning}"

    def __repr__(self) -> str:
        return f"{self.resources}: {self}"

    @property
    def resources(self) -> str:
        return str(Resources(self.cpu, self.memory_mb))
