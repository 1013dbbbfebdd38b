"""What a job leaves: its output folder, and the code that it ran."""

from __future__ import annotations

from pathlib import Path

from acai_agent import contract, transfer
from acai_jupyter.client.transport import Transport, translated
from acai_jupyter.domain.errors import FileNotFound


def download_job_files(transport: Transport, job_id: str, kind: str, to: Path) -> list[Path]:
    """Write them below `to`. Raises FileNotFound where there are none."""

    def listed() -> list[contract.FileEntry]:
        pages = transport.files_to_fetch(f"/jobs/{job_id}/files", kind=kind)
        return [entry for page in pages for entry in contract.parse_files_page(page).files]

    entries = listed()
    if not entries:
        raise FileNotFound(f"The job has no {kind} files.")
    with translated():
        to.mkdir(parents=True, exist_ok=True)
        transfer.download(entries, to, renew=listed, patience_s=transport.store_patience)
    return [to / entry.path for entry in entries]
