"""A script: waits until the server that started it has ended, and becomes its successor where that end was sudden.

    python death_watch.py LOG COMMAND …

A server that ends in order writes a byte to this process's standard input before. Standard library only, as it stays in memory.
"""

import os
import sys


def main(log: str, command: list[str]) -> None:
    """Become `command`, with `log` for what it says, once nobody can write to the standard input any more."""
    if os.read(0, 1):
        return
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, ours in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(theirs, ours)
    os.execv(command[0], command)  # noqa: S606  # the command is the server's own


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
