"""A query and its answer as a table."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets

from acai_jupyter.client.client import Client
from acai_jupyter.client.html_tables import FORMS, table_html
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.metadata import BUILT_IN, ArtifactKind
from acai_magics.widgets.parts import scrolled


class QueryTable(ipywidgets.VBox):
    """Ask for files, file sets or jobs; `frame` holds the last answer."""

    def __init__(self, client: Client, kind: str = "filesets", query: str = "", *, order_by: str = "", limit: int = 100) -> None:
        self._client = client
        self.frame: Any = None
        self._kind = ipywidgets.Dropdown(options=[kind.value for kind in ArtifactKind], value=kind, layout={"width": "8em"})
        self._query = ipywidgets.Text(query, placeholder='accuracy > 0.9 and model == "BERT"', layout={"width": "30em"})
        self._order = ipywidgets.Text(order_by, placeholder="order: -accuracy", layout={"width": "12em"})
        self._limit = limit
        run = ipywidgets.Button(description="Find", icon="search", layout={"width": "6em"})
        run.on_click(lambda _button: self.run())
        self._answer = ipywidgets.HTML()
        super().__init__([ipywidgets.HBox([self._kind, self._query, self._order, run]), self._answer])
        self.add_class("acai-QueryTable")
        self.run()

    def run(self) -> None:
        """Ask again."""
        try:
            order = [key.strip() for key in self._order.value.split(",") if key.strip()]
            self.frame = self._client.find(self._kind.value, self._query.value, order_by=order, limit=self._limit)
        except AcaiError as error:
            self._answer.value = f"<span style='color:#c62828'>{escape(error.message)}</span>"
            return
        own = BUILT_IN[ArtifactKind(self._kind.value)]  # other keys are the user's, whatever they are called
        forms = {name: form for name, form in FORMS.items() if name in own}
        self._answer.value = scrolled(table_html(self.frame.drop(columns="id"), forms))
