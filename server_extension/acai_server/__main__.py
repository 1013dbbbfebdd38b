"""`python -m acai_server`: the same extension in a Jupyter Server without kernels, terminals and contents."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from acai_server.standalone import serve


def main(arguments: Sequence[str] | None = None) -> int:
    return serve(list(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    sys.exit(main())
