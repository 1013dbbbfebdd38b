"""A running JupyterLab, as the browser tests see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from acai_jupyter.client.client import Client


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, its token, the folder that it shows, and a client of its platform."""

    server: str
    token: str
    folder: Path
    client: Client

    def write_notebook(self, name: str, cells: list[str]) -> str:
        """A notebook of code cells; returns its address."""
        written = [
            {"cell_type": "code", "id": f"cell{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
            for n, source in enumerate(cells)
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
        notebook = {"cells": written, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / f"{name}.ipynb").write_text(json.dumps(notebook))
        return f"{self.server}lab/workspaces/{name}/tree/{name}.ipynb?reset&token={self.token}"
