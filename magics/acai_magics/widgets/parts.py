"""What the widgets share: safe HTML, and a bundle with a form for every viewer."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
from IPython.core.getipython import get_ipython


def bundle(widget: Callable[[], ipywidgets.Widget], text: str, html: str) -> dict[str, Any]:
    """A widget with plain text and HTML beside it, for viewers that have no widgets. It is only made where a kernel's
    frontend could draw it: a terminal shows the text."""
    shown: dict[str, Any] = (_has_frontend() and widget()._repr_mimebundle_()) or {}
    return {**shown, "text/plain": text, "text/html": html}


def _has_frontend() -> bool:
    return getattr(get_ipython(), "kernel", None) is not None


def fields_html(fields: dict[str, object]) -> str:
    """Names and values, one a line."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in fields.items()
        if value not in (None, "")
    )
    return f"<table>{rows}</table>"


def scrolled(table: str) -> str:
    """A table of HTML that scrolls where it is high. JupyterLab's class makes it look as DataFrames do there."""
    return f"<div class='jp-RenderedHTMLCommon' style='overflow:auto;max-height:30em'>{table}</div>"


def pre(text: str, height: str | None = None) -> str:
    """Text as it was printed, in a box that scrolls to its end where it has a height."""
    limit = f"max-height:{height};" if height else ""
    # column-reverse keeps the end in view while text is added.
    return (
        f"<div style='{limit}overflow:auto;display:flex;flex-direction:column-reverse'>"
        f"<pre style='margin:0;white-space:pre-wrap;line-height:1.3'>{escape(text)}</pre></div>"
    )
