"""A file set's files, folder by folder; read only."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import ipywidgets

from acai_jupyter.client.client import Client
from acai_jupyter.client.html_tables import size
from acai_jupyter.client.records import File, Fileset
from acai_jupyter.domain.errors import AcaiError
from acai_magics.widgets.parts import bundle, fields_html

_UP: Final = "‥ (up)"


class FilesetBrowser(ipywidgets.VBox):
    """Walks through the folders of one version of a file set."""

    def __init__(self, client: Client, fileset: Fileset) -> None:
        self._client = client
        self._fileset = fileset
        self._folder = "/"
        self._where = ipywidgets.HTML()
        self._list = ipywidgets.Select(options=[], rows=10, layout=ipywidgets.Layout(width="auto"))
        self._about = ipywidgets.HTML()
        super().__init__([ipywidgets.HTML(_head(fileset)), self._where, self._list, self._about])
        self.add_class("acai-FilesetBrowser")
        self._show_folder()

    def _show_folder(self) -> None:
        try:
            entries = self._client.files.list(f"{self._folder}@{self._fileset.reference}", recursive=False)
        except AcaiError as error:
            self._about.value = escape(error.message)
            return
        self._where.value = f"<code>{escape(self._folder)}</code>"
        options: list[tuple[str, Any]] = [] if self._folder == "/" else [(_UP, _UP)]
        options += [(_entry_label(entry, self._folder), entry) for entry in entries]
        # New options choose the first of them, which nobody did.
        self._list.unobserve_all("value")
        self._list.options = options
        self._list.value = None
        self._list.observe(self._on_choice, names="value")
        self._about.value = ""

    def _on_choice(self, change: dict[str, Any]) -> None:
        chosen = change["new"]
        if chosen is None:
            return
        if isinstance(chosen, File):
            about = {
                "reference": chosen.reference,
                "size": f"{chosen.size} bytes",
                "created": f"{chosen.create_time:%Y-%m-%d %H:%M:%S} UTC",
            }
            what = {"digest": chosen.digest} if chosen.digest else {"registered at": chosen.source}
            self._about.value = fields_html({**about, "by": chosen.creator, **what})
            return
        self._folder = self._parent() if chosen == _UP else chosen.path
        self._show_folder()

    def _parent(self) -> str:
        return self._folder.rstrip("/").rpartition("/")[0] + "/"


def fileset_bundle(fileset: Fileset) -> dict[str, Any]:
    """A file set for display, with the client of this shell."""
    from acai_magics.shell import client_of_shell

    return bundle(FilesetBrowser(client_of_shell(), fileset), str(fileset), _head(fileset))


def _entry_label(entry: Any, folder: str) -> str:
    name = entry.path[len(folder) :]
    return f"{name}  (version {entry.version}, {entry.size} bytes)" if isinstance(entry, File) else name


def _head(fileset: Fileset) -> str:
    count = "1 file" if fileset.file_count == 1 else f"{fileset.file_count} files"
    return (
        f"<b>{escape(fileset.reference)}</b> · {count} · {size(fileset.size).seen}"
        f" · {escape(fileset.creator)} · {fileset.create_time:%Y-%m-%d %H:%M} UTC"
    )
