"""`make lab`: JupyterLab with the demo notebook, on the data that `make demo` has left."""

from __future__ import annotations

import os
import sys

from run_demo import FOLDER, jupyter_command, own_environment, own_notebooks


def main() -> None:
    notebooks = own_notebooks(FOLDER)
    # Jupyter's own folders stay the user's: a theme and settings are part of looking at it.
    environment = own_environment(FOLDER, own_jupyter=False)
    command = jupyter_command(notebooks, "--LabApp.default_url=/lab/tree/demo.ipynb")
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    sys.exit(main())
