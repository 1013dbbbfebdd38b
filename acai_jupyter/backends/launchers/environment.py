"""What of the platform's environment a job may see: an allow-list, so that what is new is secret until somebody thinks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ALLOWED: Final = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "TZ",
        "TMPDIR",
        "TERM",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "CUDA_VISIBLE_DEVICES",
        "CUDA_HOME",
        "CONDA_PREFIX",
        "VIRTUAL_ENV",
        "PYTHONHASHSEED",
    }
)
_LOCALE: Final = "LC_"
_SECRET_WORDS: Final = ("TOKEN", "SECRET", "PASSWORD", "KEY")


def allowed_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environment` that an agent and its job are given."""
    return {name: value for name, value in environment.items() if _is_allowed(name)}


def _is_allowed(name: str) -> bool:
    named = name in _ALLOWED or name.startswith(_LOCALE)
    return named and not any(word in name.upper() for word in _SECRET_WORDS)
