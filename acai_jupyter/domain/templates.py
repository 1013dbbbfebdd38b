"""Command templates (paper 4.2.2): `python train.py --epoch {1,2,5}`. Braces hold the values to try; literal ones are doubled."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, product
from typing import Final

from acai_jupyter.domain.commands import evenly_spaced
from acai_jupyter.domain.errors import InvalidRequest, LimitExceeded
from acai_jupyter.domain.pricing import PriceTable, hourly_price
from acai_jupyter.domain.resources import Resources

MOST_TRIALS: Final = 1000
"""A profile never has more trials than this."""

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FLAG: Final = re.compile(r"(?:^|\s)-{0,2}([A-Za-z][\w.-]*)(?:\s*=\s*|\s+)[\"']?$")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_NUMBER_LIKE: Final = re.compile(r"[0-9.eE+-]{1,40}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./=-]+")
_SHOWN: Final = 40
_MOST_HINTS: Final = 50


@dataclass(frozen=True, slots=True)
class Hint:
    """One place of a template: what it is called (the flag before it), and the values to try, as written."""

    name: str
    texts: tuple[str, ...]

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(float(text) for text in self.texts)


@dataclass(frozen=True, slots=True)
class Template:
    """A command with hints. `parts` is the text around them: one more than there are hints."""

    parts: tuple[str, ...]
    hints: tuple[Hint, ...]

    @property
    def combinations(self) -> int:
        return math.prod(len(hint.texts) for hint in self.hints)

    @property
    def longest_word(self) -> str:
        """Plain characters that stand together in every command of this template, whatever quotes and blanks are around them."""
        return max((word for part in self.parts for word in _PLAIN.findall(part)), key=len, default="")

    def expand(self) -> Iterator[tuple[str, ...]]:
        """Every combination of the hints' values, as written, the last hint varying fastest."""
        return product(*(hint.texts for hint in self.hints))

    def fill(self, texts: Sequence[str]) -> str:
        """The command with these texts in place of the hints."""
        return self.parts[0] + "".join(text + part for text, part in zip(texts, self.parts[1:], strict=True))

    def command(self, values: Sequence[str | float]) -> str:
        """The command with one value for every hint, in their order.

        Raises InvalidRequest where their count differs, or one is no number of at least 0.
        """
        if len(values) != len(self.hints):
            names = ", ".join(hint.name for hint in self.hints)
            raise InvalidRequest(f"This template takes {_count(len(self.hints), 'value')} ({names}), not {len(values)}.")
        texts = [_text(value, hint.name) for value, hint in zip(values, self.hints, strict=True)]
        return self.fill(texts)

    def values_in(self, command: str) -> tuple[float, ...] | None:
        """The values that make this template `command`, None where none do, or more than one reading does. Blanks and continued
        lines outside quotes are as good as a space."""
        text, (first, *others) = evenly_spaced(command), _evenly_spaced(self.parts)
        # Readings by where they end, so that many hints take no longer than their number; None stands for more than one.
        readings: dict[int, tuple[float, ...] | None] = {len(first): ()} if text.startswith(first) else {}
        for part in others:
            longer: dict[int, tuple[float, ...] | None] = {}
            for begin, known in readings.items():
                for end in _number_ends(text, begin):
                    if text.startswith(part, end):
                        place = end + len(part)
                        single = known is not None and place not in longer
                        longer[place] = (*(known or ()), float(text[begin:end])) if single else None
            readings = longer
        found = readings.get(len(text))
        return found if found is not None and all(map(math.isfinite, found)) else None


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a profile: a value for every hint as written, CPUs, and memory in MB."""

    values: tuple[str, ...]
    cpu: float
    memory_mb: int


def parse_template(text: str, numbers: bool = True, hints_needed: bool = True) -> Template:
    """The template in `text`. A grid's values need not be `numbers`.

    Raises InvalidRequest where it has no hint, a hint has fewer than two different values or one that is no number of at least 0,
    or a brace has no partner.
    """
    parts: list[str] = []
    hints: list[Hint] = []
    taken: set[str] = set()
    literal, end = "", 0
    for token in _TOKEN.finditer(text):
        literal += text[end : token.start()]
        end = token.end()
        if token[0] in ("{{", "}}"):
            literal += token[0][0]
        elif token[1] is None:
            raise InvalidRequest(_unpaired(text, token))
        else:
            if len(hints) == _MOST_HINTS:
                raise LimitExceeded(f"This template has more than {_MOST_HINTS} hints, which is too much. Nothing was started.")
            hints.append((_hint if numbers else _texts)(token[1], _name(literal, taken)))
            taken.add(hints[-1].name)
            parts.append(literal)
            literal = ""
    if not hints and hints_needed:
        raise InvalidRequest("The template has no hints: put the values to try in braces, like --epoch {1,2,5}.")
    return Template((*parts, literal + text[end:]), tuple(hints))


def trials(
    template: Template,
    cpus: Sequence[float],
    memories_mb: Sequence[int],
    most: int = MOST_TRIALS,
    prices: PriceTable | None = None,
) -> list[Trial]:
    """The full grid of a profile.

    Raises LimitExceeded where it has more than `most` trials; the message says how many, how they come about, and what they cost.
    """
    count = template.combinations * len(cpus) * len(memories_mb)
    if count > most:
        hourly = sum(hourly_price(Resources(cpu, memory), prices or PriceTable()) for cpu in cpus for memory in memories_mb)
        minute = template.combinations * hourly / 60
        factors = " × ".join(f"{len(hint.texts)} {hint.name}" for hint in template.hints)
        raise LimitExceeded(
            f"This profile would run {count:,} trials ({factors} × {len(cpus)} cpu × {len(memories_mb)} memory), which cost "
            f"${minute:,.2f} for each minute that one takes; {most:,} are allowed. Nothing was started: give fewer values."
        )
    return [Trial(values, cpu, memory) for values in template.expand() for cpu in cpus for memory in memories_mb]


def _hint(inside: str, name: str) -> Hint:
    texts = tuple(text.strip() for text in inside.split(","))
    shown = "{" + inside[:_SHOWN] + "}"
    for text in texts:
        if not _is_number(text):
            raise InvalidRequest(
                f"{shown} ({name}) holds {text[:_SHOWN]!r}, which is no number of at least 0. "
                f"Literal braces are doubled: {{{{ and }}}}."
            )
    if len({float(text) for text in texts}) < len(texts):
        raise InvalidRequest(f"{shown} ({name}) holds a value twice.")
    if len(texts) < 2:
        raise InvalidRequest(
            f"{shown} ({name}) has one value, which teaches nothing: give at least two, or write {texts[0]} without braces."
        )
    return Hint(name, texts)


def _texts(inside: str, name: str) -> Hint:
    """A hint of a grid: any texts."""
    texts = tuple(text.strip() for text in inside.split(","))
    shown = "{" + inside[:_SHOWN] + "}"
    if len(texts) < 2 or not all(texts):
        raise InvalidRequest(
            f"{shown} ({name}) does not hold values: write at least two, like {{2,6,10}}. Literal braces are doubled: "
            "{{ and }}, so ${NAME} is written ${{NAME}}."
        )
    if len(set(texts)) < len(texts):
        raise InvalidRequest(f"{shown} ({name}) holds a value twice.")
    return Hint(name, texts)


def _name(before: str, taken: Collection[str]) -> str:
    """What a hint is called: the flag or variable before it, else its place."""
    flag = _FLAG.search(before)
    name = flag[1] if flag else f"value{len(taken) + 1}"
    free = (f"{name}-{number}" for number in count(len(taken) + 1))
    return name if name not in taken else next(one for one in free if one not in taken)


def _unpaired(text: str, token: re.Match[str]) -> str:
    around = text[max(token.start() - 10, 0) : token.start() + 20]
    if token[0] == "{":
        return f"A brace does not close at {around!r}: write {{1,2,5}}, or {{{{ for a literal brace."
    return f"A brace closes nothing at {around!r}: write }}}} for a literal brace."


def _text(value: str | float, name: str) -> str:
    text = value.strip() if isinstance(value, str) else format(value, ".15g")
    if not _is_number(text):
        raise InvalidRequest(f"{name}={text[:_SHOWN]!r} is no number of at least 0.")
    return text


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


@lru_cache(maxsize=256)
def _evenly_spaced(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A template's parts in the form in which commands are compared; NUL, which is in no command, stands for its hints."""
    return tuple(evenly_spaced("\0".join(parts)).split("\0"))


def _number_ends(text: str, begin: int) -> Iterator[int]:
    """Where a number that begins there may end."""
    run = _NUMBER_LIKE.match(text, begin)
    return (end for end in range(begin + 1, run.end() + 1 if run else begin) if _NUMBER.fullmatch(text, begin, end))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
