"""Whether the lists of file sets are whole, and hold what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from acai_jupyter.domain.checks import Problem, ProblemCode
from acai_jupyter.domain.deletion import listed
from acai_jupyter.domain.errors import StoreDamaged
from acai_jupyter.domain.manifest_nodes import Child, Node, decode, sums
from acai_jupyter.domain.manifest_reading import intact
from acai_jupyter.domain.manifest_walks import mark
from acai_jupyter.domain.references import escape
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import UnitOfWork

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Suspect:
    """Something that is wrong if any file set refers to the node."""

    node: bytes
    code: ProblemCode
    subject: str
    message: str


def list_problems(unit: UnitOfWork, project_id: UUID, page: Sequence[tuple[bytes, bytes]]) -> Iterator[Problem]:
    """What is wrong with some nodes of manifests and what they refer to. Nodes that nobody refers to don't count."""
    suspects = list(_suspects(unit, project_id, page))
    if not suspects:
        return
    reached: set[bytes] = set()
    read_nodes = Resolver(unit, project_id).read_nodes
    mark(read_nodes, unit.deletions.manifests(project_id), reached, tolerant=True)
    for suspect in suspects:
        if suspect.node in reached:
            sets = _sets_with(unit, project_id, suspect.node)
            yield Problem(suspect.code, suspect.subject, suspect.message.format(sets=sets))


def _suspects(unit: UnitOfWork, project_id: UUID, page: Sequence[tuple[bytes, bytes]]) -> Iterator[_Suspect]:
    nodes: dict[bytes, Node] = {}
    for digest, content in page:
        try:
            nodes[digest] = decode(intact({digest: content}, digest))
        except StoreDamaged:
            yield _damaged(digest, digest, "is changed")
    yield from _of_children(unit, project_id, nodes)
    pins = {(leaf.key.decode(), leaf.version): digest for digest, node in nodes.items() if not node.level for leaf in node.leaves}
    for path, version in unit.checks.missing_versions(project_id, list(pins)):
        said = "{sets} holds this version, which is not there: restore the database from a backup."
        yield _Suspect(pins[path, version], ProblemCode.FILE_MISSING, f"{escape(path)}:{version}", said)


def _of_children(unit: UnitOfWork, project_id: UUID, nodes: dict[bytes, Node]) -> Iterator[_Suspect]:
    children = [(digest, child) for digest, node in nodes.items() for child in node.entries if isinstance(child, Child)]
    stored = Resolver(unit, project_id).read_nodes(list({child.digest for _, child in children}))
    for digest, child in children:
        try:
            below = decode(intact(stored, child.digest))
        except StoreDamaged:
            if child.digest not in stored:  # one that is changed is found as itself
                yield _damaged(digest, child.digest, "is missing")
            continue
        if sums(below) != (child.file_count, child.size):
            yield _damaged(digest, child.digest, "is counted wrongly")


def _damaged(node: bytes, part: bytes, what: str) -> _Suspect:
    said = f"A part of the list of {{sets}} {what}: restore the database from a backup."
    return _Suspect(node, ProblemCode.LIST_DAMAGED, f"part {part.hex()[:12]}", said)


def _sets_with(unit: UnitOfWork, project_id: UUID, node: bytes) -> str:
    """Names of file set versions whose lists have this node."""
    read_nodes = Resolver(unit, project_id).read_nodes
    found: list[bytes] = []
    for root in unit.deletions.manifests(project_id):
        reached: set[bytes] = set()
        mark(read_nodes, [root], reached, tolerant=True)
        if node in reached:
            found.append(root)
        if len(found) == _MOST_NAMED:
            break
    named, count = unit.deletions.labels(project_id, found, _MOST_NAMED)
    return listed(named, count)
