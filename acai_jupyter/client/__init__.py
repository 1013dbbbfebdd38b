"""The Python API over HTTP, and the command table that the CLI and the magics share."""
