"""Metadata, queries and the provenance graph."""

from __future__ import annotations

from typing import Final

from acai_jupyter.domain.metadata import ArtifactKind, ValueType
from acai_jupyter.wire.schema.files import FILESET
from acai_jupyter.wire.schema.parts import BOOLEAN, INTEGER, TEXT, TIME, Schema, answer, array, one_of, or_null, request

COMPONENTS: Final[dict[str, Schema]] = {
    "Metadata": answer(values={"type": "object"}, built_in={"type": "object"}, tags=array(TEXT)),
    "Table": answer(columns=array(answer(name=TEXT, type=or_null(one_of(*ValueType)), values={"type": "array"}))),
    "Graph": answer(
        nodes=array(FILESET),
        actions=array(
            answer(
                id=TEXT,
                kind=TEXT,
                creator=TEXT,
                create_time=TIME,
                job=or_null(TEXT),
                job_number=or_null(INTEGER),
                label=or_null(TEXT),
            )
        ),
        edges=array(answer(source=TEXT, target=TEXT, action=TEXT)),
        truncated=BOOLEAN,
    ),
}

REQUESTS: Final[dict[str, Schema]] = {
    "change_metadata": request(
        ("kind", "reference"),
        kind=one_of(*ArtifactKind),
        reference=TEXT,
        set={"type": "object"},
        unset=array(TEXT, 1000),
        tag=array(TEXT, 1000),
        untag=array(TEXT, 1000),
    ),
    "find": request(
        ("kind",),
        kind=one_of(*ArtifactKind),
        query=TEXT,
        midnight=TIME,
        order_by=array(TEXT),
        limit=INTEGER,
        columns={"type": ["array", "null"], "items": TEXT},
        latest=BOOLEAN,
    ),
    "count": request(("kind",), kind=one_of(*ArtifactKind), query=TEXT, midnight=TIME, latest=BOOLEAN),
    "extreme": request(
        ("kind", "key", "greatest"), kind=one_of(*ArtifactKind), key=TEXT, query=TEXT, midnight=TIME, greatest=BOOLEAN
    ),
}
