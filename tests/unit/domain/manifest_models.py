"""A store of manifest nodes, and paths of which small sets make trees of several levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from acai_jupyter.domain.manifest_nodes import Leaf, ends_node
from acai_jupyter.domain.manifests import Built, apply, build, scan

Model = dict[str, tuple[int, int]]
"""What a manifest should hold: path → (version, size)."""


class Nodes:
    """Stored nodes; counts what is read, and in how many goes."""

    def __init__(self) -> None:
        self.stored: dict[bytes, bytes] = {}
        self.reads = 0
        self.goes = 0

    def read(self, digests: Sequence[bytes]) -> Mapping[bytes, bytes]:
        self.reads += len(digests)
        self.goes += 1
        return {digest: self.stored[digest] for digest in digests if digest in self.stored}

    def keep(self, built: Built) -> bytes:
        self.stored |= built.nodes
        return built.root

    def build(self, model: Model) -> bytes:
        return self.keep(build(leaves(model)))

    def apply(self, root: bytes, changes: Mapping[str, tuple[int, int] | None]) -> Built:
        wanted = {path.encode(): pin and Leaf(path.encode(), *pin) for path, pin in changes.items()}
        built = apply(self.read, root, wanted)
        self.keep(built)
        return built

    def content(self, root: bytes) -> list[Leaf]:
        return list(scan(self.read, root))

    def reads_of(self, work: Iterable[object]) -> int:
        """How many nodes are read by going through `work`."""
        before = self.reads
        list(work)
        return self.reads - before


def leaves(model: Model) -> list[Leaf]:
    return sorted(Leaf(path.encode(), *pin) for path, pin in model.items())


def _level(path: str) -> int:
    """How many levels of the tree have a node that ends after this path."""
    level = 0
    while ends_node(path.encode(), level):
        level += 1
    return level


def _some(level: int, count: int) -> list[str]:
    candidates = (f"/{'abé大'[number % 4]}/{number % 7}/f{number}.txt" for number in range(200_000))
    found = (path for path in candidates if _level(path) == level)
    return [path for path, _ in zip(found, range(count), strict=False)]


PATHS: Final = [*_some(0, 50), *_some(1, 60), *_some(2, 30), *_some(3, 2), "/a", "/a.b", "/ä", "/a/0", "/😀"]
"""One path in 32 ends a node; here two in three do."""
