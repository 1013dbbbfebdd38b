"""The provenance graph as W3C PROV-JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from prov.model import ProvDocument

from acai_jupyter.client.records import Fileset
from acai_jupyter.client.transport import Json

_NAMESPACE = "urn:acai:"


def document(nodes: Iterable[Fileset], actions: Iterable[Json], edges: Iterable[Json]) -> Json:
    """Entities, activities and agents, and how they hang together."""
    made = ProvDocument()
    made.add_namespace("acai", _NAMESPACE)
    for node in nodes:
        label: dict[str, Any] = {"prov:label": node.reference, "acai:file_count": node.file_count, "acai:size": node.size}
        made.entity(f"acai:{node.id}", label)
    for action in actions:
        given = {"prov:type": action["kind"], "prov:label": action["label"] or action["kind"]}
        if action["job_number"] is not None:
            given["acai:job_number"] = action["job_number"]
        made.activity(f"acai:{action['id']}", action["create_time"], None, given)
        made.agent(f"acai:user_{action['creator']}", {"prov:label": action["creator"]})
        made.wasAssociatedWith(f"acai:{action['id']}", f"acai:user_{action['creator']}")
    for edge in edges:
        source, target, by = (f"acai:{edge[end]}" for end in ("source", "target", "action"))
        made.used(by, source)
        made.wasGeneratedBy(target, by)
        made.wasDerivedFrom(target, source, by)
    answer: Json = json.loads(made.unified().serialize(format="json") or "{}")
    return answer
