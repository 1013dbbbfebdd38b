"""SQLite's WAL needs shared memory, which network file systems don't have: such a folder is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from acai_jupyter.domain.errors import InvalidSetting

_MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "9p", "fuse.sshfs", "ncpfs"}
)


def refuse_network_folder(folder: Path) -> None:
    """Raises InvalidSetting where `folder` lies on a network file system (as far as the system tells)."""
    kind = file_system_of(folder, _MOUNTS.read_text() if _MOUNTS.exists() else "")
    if kind in _NETWORK:
        raise InvalidSetting(
            f"{folder} lies on a network file system ({kind}), where SQLite can lose data: set ACAI_HOME to a local folder,"
            " or ACAI_DATABASE_URL to a PostgreSQL database."
        )


def file_system_of(folder: Path, mounts: str) -> str | None:
    """The file system's name of the mount that holds `folder`, from the text of /proc/self/mountinfo."""
    found: tuple[int, str | None] = (-1, None)
    resolved = folder.resolve()
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        # Space, tab, newline and backslash are written as \040 and so on.
        mount = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields.split()[4]))
        if resolved.is_relative_to(mount) and len(mount.parts) >= found[0]:
            found = (len(mount.parts), rest.split()[0])
    return found[1]
