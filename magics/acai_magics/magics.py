"""`%acai VERB …` with the CLI's verbs, and `%%acai submit`: the cell as a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


@magics_class
class AcaiMagics(Magics):
    """The platform, one client a shell; it is found at the first use, and what lines do is loaded then."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            from acai_jupyter.client.connect import connect

            self._client = connect()
        return self._client

    @property
    def variables(self) -> Mapping[str, Any]:
        """Those of the kernel."""
        assert self.shell is not None
        variables: Mapping[str, Any] = self.shell.user_ns
        return variables

    @no_var_expand
    @line_cell_magic
    def acai(self, line: str, cell: str | None = None) -> Any:
        """`%acai VERB …`: files, file sets, jobs, queries, provenance; `%acai --help` lists the verbs.

        `%%acai submit [--name …] [--input …] [--output …] …`: run the cell as a job; `%%acai submit --help` says more.
        `$name` is replaced by the value of the kernel's variable `name`, where there is one, `$$name` is a
        `$name` for the job's shell; braces are left alone.
        """
        from acai_magics.running import run

        return run(lambda: self.client, self.variables, line, cell)
