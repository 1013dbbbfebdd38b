"""Commands about metadata, queries and provenance."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.command import Command, Ended, argument
from acai_jupyter.client.search import LONGEST
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.log_tags import reads_as_number
from acai_jupyter.domain.metadata import ArtifactKind

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client
    from acai_jupyter.client.provenance import Graph

_MOST_FOUND: Final = 100


def find(client: Client, given: Namespace) -> Any:
    columns = given.columns.split(",") if given.columns else None
    order_by = given.order_by.split(",") if given.order_by else None
    query = " ".join(given.query)
    limit = _MOST_FOUND if given.limit is None else given.limit
    found = client.find(given.kind, query, order_by=order_by, limit=limit, columns=columns, latest=given.latest)
    if given.limit is not None or not found.attrs["truncated"]:
        return found
    more = f"--limit N shows N, up to {LONGEST:,}, and acai count tells how many there are"
    return Ended(found, 0, f"More than {_MOST_FOUND} match, and these are the first: {more}.")


def count(client: Client, given: Namespace) -> Any:
    return client.count(given.kind, " ".join(given.query), latest=given.latest)


def meta(client: Client, given: Namespace) -> Any:
    values = dict(_pair(text) for text in given.values)
    if given.unset:
        client.metadata.unset(given.target, given.unset)
    return client.metadata.set(given.target, values) if values else client.metadata.get(given.target)


def tag(client: Client, given: Namespace) -> Any:
    return client.metadata.set(given.target, tags=given.tags)


def untag(client: Client, given: Namespace) -> Any:
    return client.metadata.unset(given.target, tags=given.tags)


def trace(client: Client, given: Namespace) -> Any:
    direction = "forward" if given.forward else "backward"
    return _graph(client.provenance.trace(given.fileset, direction, depth=given.depth, limit=given.limit))


def forward(client: Client, given: Namespace) -> Any:
    return _graph(client.provenance.forward(given.fileset))


def backward(client: Client, given: Namespace) -> Any:
    return _graph(client.provenance.backward(given.fileset))


def _graph(found: Graph) -> Any:
    return Ended(found, 0, found.truncation) if found.truncated else found


def _pair(text: str) -> tuple[str, Any]:
    """`KEY=VALUE`: true and false, a number where it reads as one, else text; quotes make it text. Raises InvalidRequest."""
    key, equals, value = text.partition("=")
    if not equals:
        raise InvalidRequest(f"{text[:80]!r} is not of the form KEY=VALUE.")
    if value in ("true", "false"):
        return key, value == "true"
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return key, value[1:-1]
    return key, float(value) if reads_as_number(value) else value


_KIND: Final = argument("kind", choices=[kind.value for kind in ArtifactKind], help="what is looked for")
_QUERY: Final = argument("query", nargs="*", default=[], means="key", help="""such as 'model == "BERT" and precision > 0.5'""")
_LATEST: Final = argument("--latest", action="store_true", help="only latest versions")
_FILESET: Final = argument("fileset", means="fileset", help="such as Model or Model:2")
_TAGS: Final = argument("tags", nargs="+", help="labels without a value")
_TARGET: Final = argument("target", means="reference", help="a file, a file set, or a job's number")

COMMANDS: Final = (
    Command(
        ("find",),
        "find files, file sets or jobs",
        (
            _KIND,
            _QUERY,
            argument("--order-by", metavar="[-]KEY[,…]", means="key", help="- for descending"),
            argument("--limit", type=int, help=f"at most so many ({_MOST_FOUND})"),
            argument("--columns", metavar="KEY[,…]", help="only these columns"),
            _LATEST,
        ),
        find,
    ),
    Command(("count",), "count files, file sets or jobs", (_KIND, _QUERY, _LATEST), count),
    Command(
        ("meta",),
        "show or set metadata: acai meta Digits:1 model=BERT",
        (
            _TARGET,
            argument("values", nargs="*", metavar="KEY=VALUE", help="a number, true, false, or text; in quotes always text"),
            argument("--unset", action="append", default=[], metavar="KEY", help="remove a key; may be repeated"),
        ),
        meta,
    ),
    Command(("tag",), "add tags", (_TARGET, _TAGS), tag),
    Command(("untag",), "remove tags", (_TARGET, _TAGS), untag),
    Command(
        ("trace",),
        "all that a file set came from, or (--forward) led to",
        (
            _FILESET,
            argument("--forward", action="store_true", help="to results"),
            argument("--depth", type=int, help="at most so many actions away"),
            argument("--limit", type=int, default=10_000, help="at most so many versions of file sets (10000)"),
        ),
        trace,
    ),
    Command(("forward",), "one step to results", (_FILESET,), forward),
    Command(("backward",), "one step to sources", (_FILESET,), backward),
)
