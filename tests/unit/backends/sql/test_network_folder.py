"""SQLite's file lies on a local file system, or the platform says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from acai_jupyter.backends.sql import network_folder
from acai_jupyter.backends.sql.network_folder import file_system_of
from acai_jupyter.backends.sql.sqlite import SqliteStore
from acai_jupyter.domain.errors import InvalidSetting

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:45 / /home rw,relatime shared:2 - nfs4 server:/home rw,vers=4.2
31 30 8:2 / /home/ada/local rw - xfs /dev/sdb1 rw
32 22 0:46 / /mnt/my\040share rw - cifs //server/share rw
33 22 0:47 / /mnt/été rw master:3 propagate_from:2 - fuse.sshfs ada@host: rw
34 22 0:48 / /over rw - ext4 /dev/sdc1 rw
35 34 0:49 / /over rw - nfs server:/over rw
""".strip()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"), ("/var/acai", "ext4"), ("/home", "nfs4"), ("/home/ada/acai", "nfs4"), ("/home/ada/local/acai", "xfs"),
        ("/home/ada/localized", "nfs4"), ("/homestead", "ext4"), ("/mnt/my share/acai", "cifs"), ("/mnt/été/x", "fuse.sshfs"),
        ("/over/x", "nfs"),
    ],
)  # fmt: skip
def test_the_innermost_and_last_mount_counts(folder: str, kind: str) -> None:
    assert file_system_of(Path(folder), MOUNTS) == kind


def test_without_a_list_of_mounts_nothing_is_known(tmp_path: Path) -> None:
    assert file_system_of(tmp_path, "") is None


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's list of mounts: `tmp_path/net` is on NFS."""
    listed = tmp_path / "mountinfo"
    listed.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:45 / {tmp_path}/net rw - nfs4 server:/ rw\n")
    monkeypatch.setattr(network_folder, "_MOUNTS", listed)
    return tmp_path


def test_a_database_on_a_network_file_system_is_refused_with_advice(mounts: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"nfs4.*set ACAI_HOME to a local folder"):
        SqliteStore(mounts / "net" / "acai" / "acai.db", lambda changed: None)
    assert not (mounts / "net").exists()
    SqliteStore(mounts / "local" / "acai.db", lambda changed: None)


def test_a_link_to_a_network_file_system_is_seen_through(mounts: Path) -> None:
    (mounts / "net" / "acai").mkdir(parents=True)
    (mounts / "home").symlink_to(mounts / "net" / "acai")
    with pytest.raises(InvalidSetting, match="nfs4"):
        SqliteStore(mounts / "home" / "acai.db", lambda changed: None)
