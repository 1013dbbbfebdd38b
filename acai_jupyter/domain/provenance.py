"""Provenance: file set versions are nodes, actions lead from inputs to outputs (paper 3.2.4).

Arrows point along the data, from source to result.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from acai_jupyter.domain.filesets import FilesetVersion


class ActionKind(StrEnum):
    JOB = "job"
    CREATION = "creation"
    TRACK = "track"  # tracked work in a notebook


class Direction(StrEnum):
    FORWARD = "forward"  # to results
    BACKWARD = "backward"  # to sources


@dataclass(frozen=True, slots=True)
class Action:
    """What made a file set version. `label` is for people: the job's name, or the kind."""

    id: UUID
    kind: ActionKind
    creator: str
    created_at: int
    job_id: UUID | None = None
    job_number: int | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One action from one of its inputs to one of its outputs."""

    source: UUID
    target: UUID
    action: UUID


@dataclass(frozen=True, slots=True)
class Graph:
    """A part of the provenance graph: nodes, the actions that made them, and the edges between the nodes.

    `truncated` says that a bound cut it.
    """

    nodes: tuple[FilesetVersion, ...]
    actions: tuple[Action, ...]
    edges: tuple[Edge, ...]
    truncated: bool = False
