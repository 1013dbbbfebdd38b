"""`python -m acai_jupyter.cli`."""

from __future__ import annotations

import sys

from acai_jupyter.cli import main

sys.exit(main())
