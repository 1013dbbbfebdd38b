"""`python -m support.mortal_client URL TOKEN FILESET NAME=FILE …`: uploads files, unless it dies before; prints what became of
them as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from acai_jupyter.client.client import Client
from acai_jupyter.client.transport import Transport
from support.mortality import CLIENT, install

if __name__ == "__main__":
    install(CLIENT)
    url, token, fileset, *files = sys.argv[1:]
    sources = {name: Path(file).read_bytes() for name, file in (given.split("=", 1) for given in files)}
    made = Client(Transport(url, token, 300.0)).files.upload(sources, "/", fileset=fileset or None)
    print(json.dumps([[file.path, file.version, file.unchanged] for file in made.files]))  # noqa: T201
