"""A file set's files, folder by folder; read only."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import ipywidgets

from acai_jupyter.client.files import Files
from acai_jupyter.client.html_tables import size
from acai_jupyter.client.records import File, Fileset, transport_of
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.references import escape as as_reference
from acai_magics.widgets.parts import bundle, fields_html

_UP: Final = "‥ (up)"
_MORE: Final = "… and more"
_PAGE: Final = 500


class FilesetBrowser(ipywidgets.VBox):
    """Walks through the folders of one version of a file set, among the `files` of the platform that holds it."""

    def __init__(self, files: Files, fileset: Fileset) -> None:
        self._files = files
        self._fileset = fileset
        self._folder = "/"
        self._most = _PAGE
        self._where = ipywidgets.HTML()
        self._list = ipywidgets.Select(options=[], rows=10, layout=ipywidgets.Layout(width="auto"))
        self._about = ipywidgets.HTML()
        super().__init__([ipywidgets.HTML(_head(fileset)), self._where, self._list, self._about])
        self.add_class("acai-FilesetBrowser")
        self._show_folder("/", _PAGE)

    def _show_folder(self, folder: str, most: int) -> None:
        """The beginning of a folder; where it can't be told, what was seen before stays."""
        try:
            reference = f"{as_reference(folder)}@{self._fileset.reference}"
            entries = self._files.list(reference, recursive=False, limit=most + 1)
        except AcaiError as error:
            self._about.value = escape(error.message)
            self._list.value = None  # so that it can be chosen again
            return
        self._folder, self._most = folder, most
        self._where.value = f"<code>{escape(folder)}</code>"
        options: list[tuple[str, Any]] = [] if folder == "/" else [(_UP, _UP)]
        options += [(_entry_label(entry, folder), entry) for entry in entries[:most]]
        options += [(_MORE, _MORE)] if len(entries) > most else []
        # New options choose the first of them, which nobody did.
        self._list.unobserve_all("value")
        self._list.options = options
        self._list.value = None
        self._list.observe(self._on_choice, names="value")
        self._about.value = ""

    def _on_choice(self, change: dict[str, Any]) -> None:
        chosen = change["new"]
        if isinstance(chosen, File):
            self._tell(chosen)
        elif chosen == _MORE:
            self._show_folder(self._folder, 2 * self._most)
        elif chosen is not None:
            self._show_folder(self._parent() if chosen == _UP else chosen.path, _PAGE)

    def _tell(self, file: File) -> None:
        about = {
            "reference": file.reference,
            "size": f"{file.size} bytes",
            "created": f"{file.create_time:%Y-%m-%d %H:%M:%S} UTC",
        }
        what = {"digest": file.digest} if file.digest else {"registered at": file.source}
        self._about.value = fields_html({**about, "by": file.creator, **what})

    def _parent(self) -> str:
        return self._folder.rstrip("/").rpartition("/")[0] + "/"


def fileset_bundle(fileset: Fileset) -> dict[str, Any]:
    """A file set for display: one that does not know its platform, as after pickling, without its files."""
    transport = transport_of(fileset)
    if transport is None:
        return {"text/plain": str(fileset), "text/html": _head(fileset)}
    return bundle(lambda: FilesetBrowser(Files(transport), fileset), str(fileset), _head(fileset))


def _entry_label(entry: Any, folder: str) -> str:
    name = entry.path[len(folder) :]
    return f"{name}  (version {entry.version}, {entry.size} bytes)" if isinstance(entry, File) else name


def _head(fileset: Fileset) -> str:
    count = "1 file" if fileset.file_count == 1 else f"{fileset.file_count} files"
    return (
        f"<b>{escape(fileset.reference)}</b> · {count} · {size(fileset.size).seen}"
        f" · {escape(fileset.creator)} · {fileset.create_time:%Y-%m-%d %H:%M} UTC"
    )
