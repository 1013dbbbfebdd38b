"""Completion in `%acai` lines, as IPython asks for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

if TYPE_CHECKING:
    from acai_magics.magics import AcaiMagics

_NAME: Final = "acai_matcher"
_OURS: Final = re.compile(r"""\s*(?:[^'"#%=]*=\s*(?=%acai))?(?P<line>%%?acai\s.*)""", re.DOTALL)
"""A line of ours, also one whose value is given a name."""


def matcher(magics: AcaiMagics) -> Any:
    """A matcher for IPython's completer. What it proposes is loaded with the first `%acai` line."""

    @context_matcher()
    def acai_matcher(context: CompletionContext) -> SimpleMatcherResult:
        ours = _OURS.match(context.line_with_cursor[: context.cursor_position])
        if ours is None:
            return SimpleMatcherResult(completions=[])
        before = ours["line"]
        from acai_magics.candidates import candidates, fragment

        shown = [SimpleCompletion(text=text, type="acai") for text in candidates(magics, before)]
        # A whole word is replaced; IPython would take only what follows an @ or a colon in it.
        return SimpleMatcherResult(completions=shown, suppress=True, matched_fragment=fragment(before))

    acai_matcher.__name__ = _NAME
    return acai_matcher


def is_ours(candidate: Any) -> bool:
    """Whether a matcher is the one of this extension, of this or an earlier loading."""
    return getattr(candidate, "__name__", "") == _NAME
