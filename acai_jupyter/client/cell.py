"""A notebook cell as a job: its source and the local modules that it imports become the job's code."""

from __future__ import annotations

import ast
import unicodedata
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from acai_agent.transfer import LocalFile
from acai_jupyter.client.client import Client
from acai_jupyter.client.git import git_state
from acai_jupyter.client.job import Job
from acai_jupyter.client.local_files import check_code
from acai_jupyter.client.modules import local_modules, search_folders
from acai_jupyter.client.quotes import Quote
from acai_jupyter.domain.errors import InvalidRequest, ProfileNotFound

SCRIPT: Final = "cell.py"
_COMMAND: Final = ("python", SCRIPT)


def submit_cell(client: Client, source: str, **submission: Any) -> Job:
    """Submit a cell's source as a job that runs `python cell.py`.

    Raises InvalidRequest where it is not plain Python, and what `client.jobs.submit` raises.
    """
    try:
        return client.jobs.submit(_COMMAND, **_keywords(client, source, submission))
    except ProfileNotFound as error:
        raise _as_script(error) from error


def quote_cell(client: Client, source: str, **submission: Any) -> Quote:
    """What a cell would take and cost as a job.

    Raises InvalidRequest where it is not plain Python, and what `client.quote` raises.
    """
    try:
        return client.quote(_COMMAND, **_keywords(client, source, submission))
    except ProfileNotFound as error:
        raise _as_script(error) from error


def _as_script(error: ProfileNotFound) -> ProfileNotFound:
    """A cell has no arguments whose values could be hints."""
    return ProfileNotFound(f"{error.message} A cell becomes a script with arguments by %%writefile train.py.")


def _keywords(client: Client, source: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of `client.jobs.submit` for a cell; its code is uploaded."""
    modules = local_modules(_parse(source), search_folders())
    files = check_code([LocalFile(SCRIPT, source.encode()), *(file for file in modules if file.path != SCRIPT)])
    git = git_state([Path(file.source) for file in modules if isinstance(file.source, str | Path)] or [Path.cwd()])
    code = client.jobs.upload_code(files, git=git)
    return {**given, "name": given.get("name") or _first_words(source), "code": code}


def _parse(source: str) -> ast.Module:
    if not source.strip():
        raise InvalidRequest("The cell is empty: write below %%acai submit what the job runs.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the job's log has them
        tree = _tree(source)
        try:
            # A syntax tree may hold what no script can do. A __future__ of this module is none of the cell's.
            compile(source, SCRIPT, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise _not_python(error) from None
    return tree


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source, SCRIPT)
    except (SyntaxError, ValueError, RecursionError) as error:
        # Only now: a line of a text may begin with % as well.
        for number, line in enumerate(source.splitlines(), 1):
            if line.lstrip().startswith(("%", "!")):
                raise InvalidRequest(
                    f"Line {number} of the cell is not Python ({line.strip()[:40]!r}): a job has no magics."
                ) from None
        raise _not_python(error) from None


def _not_python(error: Exception) -> InvalidRequest:
    if not isinstance(error, SyntaxError):
        return InvalidRequest(f"The cell is not valid Python: {error}.")
    said = error.msg or ""
    advice = ""
    if "outside" in said and ("await" in said or "async" in said):
        advice = " A job runs the cell as a script: write it within async def main(), and call asyncio.run(main())."
    return InvalidRequest(f"The cell is not valid Python: line {error.lineno}: {said}.{advice}")


def _first_words(source: str) -> str:
    """A name for people: the cell's first comment or statement."""
    first = next(line for line in source.splitlines() if line.strip())
    plain = "".join(" " if unicodedata.category(character) == "Cc" else character for character in first)
    return " ".join(plain.split()).lstrip("# ")[:60].strip() or "cell"
