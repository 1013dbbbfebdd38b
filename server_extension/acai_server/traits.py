"""The platform's settings as traitlets, made from the one list in `acai_jupyter.config`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from traitlets import Bool, Float, Int, TraitType, Unicode

from acai_jupyter.config import Settings, variable

_TRAITS: dict[type, type[TraitType[Any, Any]]] = {str: Unicode, int: Int, float: Float, bool: Bool}


def settings_traits() -> dict[str, TraitType[Any, Any]]:
    """A configurable trait a setting; its help names the environment variable too."""
    traits: dict[str, TraitType[Any, Any]] = {}
    for setting in fields(Settings):
        text = f"{setting.metadata['help']} ({variable(setting.name)})"
        traits[setting.name] = _TRAITS[type(setting.default)](setting.default, help=text).tag(config=True)
    return traits
