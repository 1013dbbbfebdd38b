"""What commands return, as text."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import TYPE_CHECKING, Any

from acai_jupyter.client.commands.as_json import time_text
from acai_jupyter.client.files import Upload
from acai_jupyter.client.grid_quotes import GridQuote
from acai_jupyter.client.grids import Grid, GridList
from acai_jupyter.client.job import Job
from acai_jupyter.client.job_list import JobList
from acai_jupyter.client.metadata import Metadata
from acai_jupyter.client.predictions import Prediction
from acai_jupyter.client.profiles import Profile
from acai_jupyter.client.provenance import Graph
from acai_jupyter.client.quotes import Quote
from acai_jupyter.client.records import Records
from acai_jupyter.client.terminal import escaped

if TYPE_CHECKING:
    import pandas as pd


def as_text(value: Any, table_format: str = "table", wide: bool = False) -> str:
    """For people: tables for what has rows, `key  value` lines for what has fields. `wide` shows all that is known of files."""
    text = _text(value, table_format, wide)
    return text if table_format == "csv" else escaped(text)


def _text(value: Any, table_format: str, wide: bool) -> str:
    if isinstance(value, Records) and value.are_files and table_format == "table" and not wide:
        return repr(value)
    frame = _frame(value, table_format)
    if frame is not None:
        return _table(frame, table_format)
    if isinstance(value, Job):
        return job_text(value)
    if isinstance(value, Profile):
        said = [] if table_format == "csv" else [repr(value)[1:-1], *value.notes]
        return "\n".join([*said, _table(value.trials, table_format)])
    if isinstance(value, Quote | GridQuote | Prediction):
        return repr(value)
    if isinstance(value, Metadata):
        return _fields({**value.built_in, **value.values, "tags": ", ".join(value.tags)})
    if isinstance(value, dict):
        return _fields(value)
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Upload | Graph):
        return _fields(_record(value))
    return str(value)


def _table(frame: pd.DataFrame, table_format: str) -> str:
    if table_format == "csv":
        return str(_times_written(frame).to_csv(index=False)).rstrip("\n")
    return str(_for_people(frame).to_string(index=False)) if len(frame) else "nothing"


def _times_written(frame: pd.DataFrame) -> pd.DataFrame:
    """Times as JSON has them."""
    times = [name for name in frame.columns if frame[name].dtype.kind == "M"]
    return frame.assign(**{name: frame[name].map(time_text, na_action="ignore").astype("string") for name in times})


def job_text(job: Job) -> str:
    """A job's fields, those that say something."""
    told = job.details
    shown = {name: value for name, value in told.items() if value not in (None, [], {}, "") and name != "history"}
    if isinstance(shown.get("git"), dict):
        shown["git"] = git_text(shown["git"])
    if isinstance(shown.get("command"), list):
        shown["command"] = " ".join(shown["command"])
    return _fields(shown)


def git_text(git: dict[str, Any]) -> str:
    """Commit, branch and remote in one line."""
    parts = [git["commit"][:12], f"on {git['branch']}" if git["branch"] else "", "with changes" if git["dirty"] else ""]
    return " ".join(part for part in (*parts, f"of {git['remote']}" if git["remote"] else "") if part)


def local_problem(error: OSError) -> str:
    """A file or folder of this machine that can't be used, in one line with a code as our own errors have it."""
    named = error.filename2 or error.filename or "This machine"  # of two names the one that a temporary file was to get
    return f"{named}: {error.strerror or error}. [local_file]"


def _frame(value: Any, table_format: str) -> Any:
    if isinstance(value, Records | JobList | GridList | Grid):
        return value.to_frame()
    if isinstance(value, Graph) and (value.edges or table_format == "csv"):
        return value.to_frame()[["source", "target", "kind", "job_number", "label"]]
    return value if type(value).__name__ == "DataFrame" else None


def _for_people(frame: Any) -> Any:
    """What is absent as '-', of numbers that may be NaN as NaN; times in UTC, to the second."""
    times = {name: f"{name} (UTC)" for name in frame.columns if frame[name].dtype.kind == "M"}
    frame = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d %H:%M:%S") for name in times}).rename(columns=times)
    gaps = [name for name in frame.columns if frame[name].dtype.kind != "f" and frame[name].isna().any()]
    return frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), "-") for name in gaps})


def _fields(fields: dict[str, Any]) -> str:
    width = max((len(name) for name in fields), default=0)
    return "\n".join(f"{name:<{width}}  {_shown(value)}" for name, value in fields.items())


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, datetime):
        return time_text(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _record(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
