"""`python -m support.writing_client URL TOKEN NAME ROUNDS PATH …`: uploads all the paths in one session, once a round, each time
with other bytes, and prints as JSON what the lake acknowledged: [the file set version, [[path, version, content] …]] a line."""

from __future__ import annotations

import json
import sys

from acai_jupyter.client.client import Client
from acai_jupyter.client.transport import Transport

if __name__ == "__main__":
    url, token, name, rounds, *paths = sys.argv[1:]
    client = Client(Transport(url, token, 300.0))
    sys.stdin.readline()  # all begin at once
    for number in range(int(rounds)):
        content = f"{name} {number}"
        made = client.files.upload({path: f"{content} {path}".encode() for path in paths}, "/shared/", fileset="Shared")
        files = [[file.path, file.version, f"{content} {file.path.removeprefix('/shared/')}"] for file in made.files]
        print(json.dumps([made.fileset.version if made.fileset else None, files]), flush=True)  # noqa: T201
