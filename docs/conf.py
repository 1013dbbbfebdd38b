"""How the documentation is built: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from acai_jupyter.version import __version__

project = "ACAI for Jupyter"
author = "the ACAI for Jupyter contributors"
project_copyright = "2026, the ACAI for Jupyter contributors"
release = version = __version__

extensions = ["myst_parser", "acai_reference"]
exclude_patterns = ["_build", "_ext"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]  # shell syntax in an IPython cell

html_theme = "furo"
html_title = f"ACAI for Jupyter {release}"
html_copy_source = False
html_show_sourcelink = False
