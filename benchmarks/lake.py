"""The data lake beside a raw limit (the same work by the plainest code) and DVC, all in one run: a Markdown table.

    python benchmarks/lake.py [--files 100000] [--set-files 1000000] [--large-mb 2048] [--runs 3] [--no-dvc] [--folder FOLDER]

Ours goes through HTTP to a server of its own, bytes durable in its store; every client is a fresh process. DVC is installed
into a virtual environment of its own, and left out with a note where that can't be. Times are medians over the runs, goals
are ratios where they can be, so that they hold on any machine. The CPU seconds of ours are those of client and server
together, the client's start among them. Nothing else should run meanwhile; the folder needs some 12 GB of room.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import lake_client
import lake_raw
from lake_peer import Dvc
from lake_server import BenchServer

Times = dict[str, list[float]]

MIB = 1024 * 1024
_REGISTER = "register {files:,} × 1 KiB"
_AGAIN = "again, nothing changed"
_CHANGED = "again, 1 % changed"
_MATERIALISE = "materialise {files:,} × 1 KiB"
_LARGE = "one file of {large:,} MiB"
_SEED = "register a {set_files:,}-file set of one content"
_VERSION = "version of the {set_files:,}-file set, {few} changed, by reference"
_VERSION_SMALL = "version of a {small:,}-file set, {few} changed, by reference"
_DIFF = "diff of two versions of the {set_files:,}-file set"
_FIRST_BYTE = "first byte of one file"
_MEMORY = "peak memory of the client, MB"
_FEW = 100
_SMALL = 10_000

# what, the most that ours may be of the raw limit, the least that the peer must be slower, the most in seconds (or MB)
GOALS: dict[str, tuple[float | None, float | None, float | None]] = {
    _REGISTER: (3.0, 10.0, None),
    _AGAIN: (1.5, None, None),
    _CHANGED: (1.5, None, None),
    _VERSION: (3.0, None, 0.050),
    _DIFF: (None, None, 0.050),
    _MATERIALISE: (0.8, None, None),
    _LARGE: (1.2, None, None),
    _FIRST_BYTE: (None, None, 0.002),
    _MEMORY: (None, None, 100.0),
}


def main() -> None:
    given = _arguments()
    ours, raw, peer, cpu = (defaultdict(list) for _ in range(4))
    if given.folder:
        Path(given.folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="acai-bench-", dir=given.folder) as folder:
        dvc = None if given.no_dvc else Dvc.install(Path(folder) / "dvc")
        for run in range(given.runs):
            print(f"run {run + 1} of {given.runs}", file=sys.stderr)
            where = Path(folder) / f"run{run}"
            where.mkdir()
            _one_run(given, where, dvc, ours, raw, peer, cpu)
    print(_table(given, ours, raw, peer, cpu))
    if dvc is None:
        print("\nDVC was left out, or could not be installed.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000, help="small files (100000)")
    parser.add_argument("--set-files", type=int, default=1_000_000, help="files of the large file set (1000000)")
    parser.add_argument("--large-mb", type=int, default=2048, help="MiB of the large file (2048)")
    parser.add_argument("--runs", type=int, default=3, help="how often all is done (3)")
    parser.add_argument("--no-dvc", action="store_true", help="without the peer")
    parser.add_argument("--folder", help="where to work (the system's folder for temporary files)")
    return parser.parse_args()


def _one_run(given: argparse.Namespace, where: Path, dvc: Dvc | None, ours: Times, raw: Times, peer: Times, cpu: Times) -> None:
    """Every line once. Deleting slows ext4 down for a while, so that nothing is deleted before the end of all runs."""
    tree, large = where / "tree", where / "large.bin"
    lake_raw.make_tree(tree, given.files)
    lake_raw.make_large(large, given.large_mb * MIB)
    with BenchServer(where / "server") as server:

        def client(line: str, step: str, *words: object) -> dict[str, float]:
            told = lake_client.run(server, where / "cache", step, *words)
            ours[line].append(told["seconds"])
            cpu[line].append(told["cpu"])
            return told

        raw[_REGISTER].append(lake_raw.register(tree, where / "raw.db"))
        ours[_MEMORY].append(client(_REGISTER, "upload", tree, "/bench/", "Bench")["mb"])
        _peer(peer, _REGISTER, dvc and (lambda: dvc.add(tree)))

        lake_client.run(server, where / "cache", "upload", tree, "/bench/", "Bench")  # now that the files are no longer new
        raw[_AGAIN].append(lake_raw.stat_walk(tree))
        client(_AGAIN, "upload", tree, "/bench/", "Bench")
        _peer(peer, _AGAIN, dvc and (lambda: dvc.add(tree)))

        lake_raw.change(tree, max(given.files // 100, 1))
        raw[_CHANGED].append(lake_raw.stat_walk(tree))
        client(_CHANGED, "upload", tree, "/bench/", "Bench")
        _peer(peer, _CHANGED, dvc and (lambda: dvc.add(tree)))

        client(_FIRST_BYTE, "first_byte")
        raw[_MATERIALISE].append(lake_raw.copy_tree(tree, where / "copied"))
        client(_MATERIALISE, "download", where / "brought")
        _peer(peer, _MATERIALISE, dvc and (lambda: dvc.checkout(tree)))

        raw[_LARGE].append(lake_raw.hash_and_copy(large, where / "large.copy"))
        client(_LARGE, "upload", large, "/large.bin", "")
        _peer(peer, _LARGE, dvc and (lambda: dvc.add(large)))

        client(_SEED, "seed", given.set_files, _FEW)
        client(_VERSION_SMALL, "version", "Small", min(_SMALL, given.set_files), _FEW)
        client(_VERSION, "version", "Large", given.set_files, _FEW)
        raw[_VERSION].append(ours[_VERSION_SMALL][-1])
        client(_DIFF, "diff", "Large")


def _peer(times: Times, line: str, work: Callable[[], float] | None) -> None:
    if work is not None:
        times[line].append(work())


def _table(given: argparse.Namespace, ours: Times, raw: Times, peer: Times, cpu: Times) -> str:
    rows = ["| what | ours | CPU | raw limit | DVC | ours ÷ raw | DVC ÷ ours | goal | |", "|---|---|---|---|---|---|---|---|---|"]
    sizes = {"set_files": given.set_files, "small": min(_SMALL, given.set_files)}
    names = {"files": given.files, "large": given.large_mb, "few": _FEW, **sizes}
    for line in sorted(ours, key=lambda line: line == _MEMORY):
        mine, limit, other = (statistics.median(times[line]) if times.get(line) else None for times in (ours, raw, peer))
        assert mine is not None
        of_raw = None if limit is None else mine / limit
        faster = None if other is None else other / mine
        shown = [_shown(value, line == _MEMORY) for value in (mine, limit, other)]
        shown.insert(1, f"{statistics.median(cpu[line]):.2f} s" if cpu.get(line) else "–")
        ratios = ["–" if ratio is None else f"{ratio:.2f}" for ratio in (of_raw, faster)]
        rows.append("| " + " | ".join([line.format(**names), *shown, *ratios, *_verdict(line, mine, of_raw, faster)]) + " |")
    return "\n".join(rows)


def _verdict(line: str, mine: float, of_raw: float | None, faster: float | None) -> tuple[str, str]:
    """The goal in words, and whether it is missed."""
    most_of_raw, least_faster, most = GOALS.get(line, (None, None, None))
    said, missed = [], False
    for value, bound, text, is_most in (
        (of_raw, most_of_raw, "≤ {} × raw", True),
        (faster, least_faster, "≥ {} × faster", False),
        (mine, most, "≤ {} MB" if line == _MEMORY else "≤ {} s", True),
    ):
        if bound is not None:
            said.append(text.format(f"{bound:g}"))
            missed |= value is not None and (value > bound if is_most else value < bound)
    return ", ".join(said) or "–", "**missed**" if missed else "met" if said else ""


def _shown(value: float | None, is_memory: bool) -> str:
    if value is None:
        return "–"
    if is_memory:
        return f"{value:.0f}"
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


if __name__ == "__main__":
    main()
