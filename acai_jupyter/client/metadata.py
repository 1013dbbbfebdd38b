"""Keys and tags of files, file sets and jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from acai_jupyter.client.records import File, Fileset, FilesetSummary
from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.errors import InvalidReference
from acai_jupyter.domain.metadata import check_value
from acai_jupyter.wire.values import value_from_json, value_to_json


@dataclass(frozen=True, repr=False)
class Metadata:
    """What an artifact carries: the user's keys in `values`, the platform's in `built_in`, and `tags`."""

    values: dict[str, Any]
    built_in: dict[str, Any]
    tags: tuple[str, ...]

    def __repr__(self) -> str:
        lines = [f"{key} = {value!r}" for key, value in (*self.values.items(), *self.built_in.items()) if value is not None]
        return "\n".join([*lines, *([f"tags: {', '.join(self.tags)}"] if self.tags else [])])

    def __getitem__(self, key: str) -> Any:
        return self.values[key] if key in self.values else self.built_in[key]


class MetadataKeys:
    """`target` is a file's reference (`/data/train.json:3`), a file set's (`Digits:1`, `@Digits`), a job or its number."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, target: object) -> Metadata:
        """All that it carries. Raises InvalidReference, FileNotFound, FilesetNotFound, JobNotFound."""
        kind, reference = _artifact(target)
        return _metadata(self._transport.get("/metadata", kind=kind, ref=reference))

    def set(self, target: object, values: Mapping[str, object] | None = None, *, tags: Iterable[str] = ()) -> Metadata:
        """Set keys and add tags: `set("Digits:1", {"model": "BERT"}, tags=["baseline"])`. Values are text, numbers,
        booleans or times with a zone.

        Raises InvalidRequest for keys that the platform sets, and what `get` raises.
        """
        given = {key: value_to_json(check_value(key, _plain(value))) for key, value in (values or {}).items()}
        return self._change(target, {"set": given, "tag": _several(tags)})

    def unset(self, target: object, keys: Iterable[str] = (), *, tags: Iterable[str] = ()) -> Metadata:
        """Remove keys and tags; what is not there is no error."""
        return self._change(target, {"unset": _several(keys), "untag": _several(tags)})

    def _change(self, target: object, change: Json) -> Metadata:
        kind, reference = _artifact(target)
        return _metadata(self._transport.patch("/metadata", {"kind": kind, "reference": reference, **change}))


def _several(names: Iterable[str]) -> list[str]:
    """One name alone is one, and not its letters."""
    return [names] if isinstance(names, str) else list(names)


def _artifact(target: object) -> tuple[str, str]:
    """The kind and the reference of what metadata hangs on."""
    if isinstance(target, File):
        return "files", target.reference
    if isinstance(target, Fileset | FilesetSummary):
        return "filesets", target.reference
    if hasattr(target, "number") and hasattr(target, "id"):
        return "jobs", str(target.id)
    text = str(target)
    if isinstance(target, int) or text.isdecimal() or text.startswith("job_"):
        return "jobs", text
    if text.startswith("/") and not text.startswith("/@"):
        return "files", text
    if text:
        return "filesets", text
    raise InvalidReference("Name what the metadata is of: a file, a file set or a job.")


def _plain(value: object) -> object:
    """Numbers of numpy and pandas as Python's own."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "ndim", 0) == 0 else value


def _metadata(given: Json) -> Metadata:
    values = {key: value_from_json(value) for key, value in given["values"].items()}
    built_in = {key: value_from_json(value) for key, value in given["built_in"].items()}
    return Metadata(values, built_in, tuple(given["tags"]))
