"""Rich display of what the client returns: a widget, and beside it text for viewers without widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from acai_jupyter.domain.errors import AcaiError

_WIDGETS: Final[dict[tuple[str, str], str]] = {
    ("acai_jupyter.client.job", "Job"): "job:job_bundle",
    ("acai_jupyter.client.grids", "Grid"): "grid:grid_bundle",
    ("acai_jupyter.client.provenance", "Graph"): "graph:graph_bundle",
    ("acai_jupyter.client.records", "Fileset"): "fileset:fileset_bundle",
}
"""What is displayed how: (module, class) → widget module and function. Named, not imported: they load at first use."""

Bundle = dict[str, Any]


def register(formatter: Any) -> None:
    """Have IPython display the client's types."""
    for (module, name), target in _WIDGETS.items():
        formatter.mimebundle_formatter.for_type_by_name(module, name, _lazily(target))


def unregister(formatter: Any) -> None:
    """Display them as plain Python again."""
    for module, name in _WIDGETS:
        for types in (formatter.mimebundle_formatter.deferred_printers, formatter.mimebundle_formatter.type_printers):
            for key in [key for key in types if _is(key, module, name)]:
                types.pop(key)


def _lazily(target: str) -> Callable[..., Bundle]:
    module, _, function = target.partition(":")

    def bundle(value: Any, include: Any = None, exclude: Any = None) -> Bundle:
        from importlib import import_module

        try:
            made: Bundle = getattr(import_module(f"acai_magics.widgets.{module}"), function)(value)
        except AcaiError as error:
            return {"text/plain": f"This can't be shown now: {error.message} [{error.code}]"}
        return made

    return bundle


def _is(key: Any, module: str, name: str) -> bool:
    named = key if isinstance(key, tuple) else (getattr(key, "__module__", ""), getattr(key, "__name__", ""))
    return bool(named == (module, name))
