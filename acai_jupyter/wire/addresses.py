"""Where the platform is found below a server's address."""

from typing import Final

API: Final = "/acai/api/v1"
OBJECTS: Final = "/acai/objects/"
"""The local object store."""
