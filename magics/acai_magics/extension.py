"""Loading and unloading in IPython: light, as everybody who loads it waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register the magics, their completion, and how results are displayed. Loading twice changes nothing."""
    from acai_magics.completion import matcher
    from acai_magics.display import register
    from acai_magics.magics import AcaiMagics

    unload(shell)
    magics = AcaiMagics(shell)
    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(matcher(magics))
    register(shell.display_formatter)


def unload(shell: InteractiveShell) -> None:
    """Take away what `load` brought."""
    from acai_magics.completion import is_ours
    from acai_magics.display import unregister

    manager: Any = shell.magics_manager
    for kind in ("line", "cell"):
        manager.magics[kind].pop("acai", None)
    manager.registry.pop("AcaiMagics", None)
    completer: Any = shell.Completer
    completer.custom_matchers[:] = [matcher for matcher in completer.custom_matchers if not is_ours(matcher)]
    unregister(shell.display_formatter)
