"""A notebook cell as a job: its source and the local modules that it imports become the job's code."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Final

from acai_agent.transfer import LocalFile
from acai_jupyter.client.client import Client
from acai_jupyter.client.git import git_state
from acai_jupyter.client.job import Job
from acai_jupyter.client.local_files import check_code
from acai_jupyter.client.modules import local_modules, search_folders
from acai_jupyter.domain.errors import InvalidRequest

SCRIPT: Final = "cell.py"


def submit_cell(client: Client, source: str, **submission: Any) -> Job:
    """Submit a cell's source as a job that runs `python cell.py`.

    Raises InvalidRequest where it is not plain Python, and what `client.jobs.submit` raises.
    """
    modules = local_modules(_parse(source), search_folders())
    files = check_code([LocalFile(SCRIPT, source.encode()), *(file for file in modules if file.path != SCRIPT)])
    git = git_state([Path(file.source) for file in modules if isinstance(file.source, str | Path)] or [Path.cwd()])
    code = client.jobs.upload_code(files, git=git)
    name = submission.pop("name", None) or _first_words(source)
    return client.jobs.submit(["python", SCRIPT], name=name, code=code, **submission)


def _parse(source: str) -> ast.Module:
    if not source.strip():
        raise InvalidRequest("The cell is empty: write below %%acai submit what the job runs.")
    try:
        return ast.parse(source, SCRIPT)
    except (SyntaxError, ValueError) as error:
        # Only now: a line of a text may begin with % as well.
        for number, line in enumerate(source.splitlines(), 1):
            if line.lstrip().startswith(("%", "!")):
                raise InvalidRequest(
                    f"Line {number} of the cell is not Python ({line.strip()[:40]!r}): a job has no magics."
                ) from None
        where = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
        raise InvalidRequest(f"The cell is not valid Python: {where}.") from None


def _first_words(source: str) -> str:
    """A name for people: the cell's first comment or statement."""
    first = next(line.strip() for line in source.splitlines() if line.strip())
    return first.lstrip("# ")[:60].strip() or "cell"
