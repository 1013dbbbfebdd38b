"""What a grid would take and cost, as it is shown to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acai_jupyter.client.predictions import PREDICTION_COLUMNS, Prediction, predictions_html
from acai_jupyter.client.records import record
from acai_jupyter.client.transport import Json

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {"row": "integer", "command": "text", **PREDICTION_COLUMNS}
_MOST_SHOWN = 20


class GridQuote:
    """The resources that every job of a grid would get under bounds, and what all of them would cost. Nothing has been
    submitted."""

    def __init__(self, told: Json) -> None:
        self._told = told
        self.rows = tuple(record(Prediction, row["chosen"]) for row in told["rows"])

    @property
    def met(self) -> bool:
        """Whether the choices meet the bounds with the confidence that was asked for."""
        return bool(self._told["met"])

    @property
    def why(self) -> str:
        return str(self._told["why"])

    @property
    def cost(self) -> float:
        """Dollars, of all jobs, as predicted."""
        return float(self._told["cost"])

    @property
    def cost_range(self) -> tuple[float, float]:
        """Dollars between which all jobs together lie with 90 % or more."""
        return float(self._told["cost_low"]), float(self._told["cost_high"])

    @property
    def details(self) -> Json:
        """All that the platform told."""
        return dict(self._told)

    def to_frame(self) -> pd.DataFrame:
        """A row a job: its command, the resources chosen, and what they are predicted to take and cost."""
        from acai_jupyter.client.frames import frame

        rows = [{"row": number, "command": row["command"], **row["chosen"]} for number, row in enumerate(self._told["rows"], 1)]
        return frame(_COLUMNS, rows)

    def __repr__(self) -> str:
        rows = list(zip(self._told["rows"], self.rows, strict=True))
        lines = [f"  {row['command']}: {one.resources}: {one}" for row, one in rows[:_MOST_SHOWN]]
        if len(rows) > _MOST_SHOWN:
            lines.append(f"  and {len(rows) - _MOST_SHOWN} more: quote.to_frame()")
        return "\n".join([self.why, *lines])

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self.why)}</p>{predictions_html(self.to_frame())}"
