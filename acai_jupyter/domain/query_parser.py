"""Reads the query language (the grammar stands in `queries`)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from acai_jupyter.domain.errors import InvalidQuery
from acai_jupyter.domain.metadata import BUILT_IN, MOST_KEY_BYTES, ArtifactKind, Value, ValueType
from acai_jupyter.domain.queries import (
    And,
    Asker,
    Comparison,
    Condition,
    Has,
    IsNan,
    Key,
    Not,
    OneOf,
    Operator,
    Or,
    Ordering,
    Tagged,
)
from acai_jupyter.domain.query_tokens import NO_TEXT, Token, mistake, tokens, unquote
from acai_jupyter.domain.texts import shown

_MOST_TESTS: Final = 200
_MOST_LISTED: Final = 500  # SQLite takes an expression of at most 1,000 parts
_MOST_DEPTH: Final = 20  # SQLite's parser stops at about 22
_SYNONYMS: Final = {"&": "and", "|": "or", "~": "not"}
_BOOLEANS: Final = {"True": True, "true": True, "False": False, "false": False}
_MIRRORED: Final = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
}


def parse_query(text: str, kind: ArtifactKind, asker: Asker) -> Condition:
    """The condition that `text` states about artifacts of `kind`; an empty text matches all.

    Raises InvalidQuery, with the place of the mistake.
    """
    parser = _Parser(text, kind, asker)
    if parser.empty:
        return And(())
    condition = parser.expression(0)
    parser.end()
    return condition


def parse_order(text: str, kind: ArtifactKind) -> Ordering:
    """`accuracy` ascending, `-accuracy` descending.

    Raises InvalidQuery.
    """
    name = text.strip()
    return Ordering(parse_key(name.removeprefix("-"), kind), name.startswith("-"))


def parse_key(text: str, kind: ArtifactKind) -> Key:
    """A key as `columns`, `order_by`, `max` and `min` take it, with or without backticks.

    Raises InvalidQuery.
    """
    name = text.strip()
    if name.startswith("`") and name.endswith("`") and len(name) > 2:
        name = name[1:-1]
    return _key_of(name, kind)


def _key_of(name: str, kind: ArtifactKind) -> Key:
    """No key of a user begins with `job.`; on a job itself it says nothing new."""
    plain = name.removeprefix("job.")
    if not plain:
        raise InvalidQuery("A key is empty; name one, such as create_time.")
    if NO_TEXT.search(plain) or len(plain.encode()) > MOST_KEY_BYTES:
        raise InvalidQuery(f"{shown(plain)} can't be a key: at most {MOST_KEY_BYTES} bytes of valid Unicode without NUL.")
    return Key(plain, of_job=plain != name and kind is not ArtifactKind.JOBS)


class _Parser:
    def __init__(self, text: str, kind: ArtifactKind, asker: Asker) -> None:
        self._text = text
        self._kind = kind
        self._asker = asker
        self._tokens = tokens(text)
        self._position = 0
        self._tests = 0
        self._listed = 0

    @property
    def empty(self) -> bool:
        return not self._tokens

    def expression(self, depth: int) -> Condition:
        if depth > _MOST_DEPTH:
            raise InvalidQuery(f"The query is nested more than {_MOST_DEPTH} deep; simplify it.")
        parts = [self._term(depth)]
        while self._accept("or"):
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def end(self) -> None:
        if self._position < len(self._tokens):
            raise self._mistake("'and' or 'or' is missing here")

    def _term(self, depth: int) -> Condition:
        parts = [self._factor(depth)]
        while self._accept("and"):
            parts.append(self._factor(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _factor(self, depth: int) -> Condition:
        if self._accept("not"):
            if depth > _MOST_DEPTH:
                raise InvalidQuery(f"The query is nested more than {_MOST_DEPTH} deep; simplify it.")
            return Not(self._factor(depth + 1))
        if self._accept("("):
            inner = self.expression(depth + 1)
            self._expect(")")
            return inner
        self._tests += 1
        if self._tests > _MOST_TESTS:
            raise InvalidQuery(f"A query has at most {_MOST_TESTS} comparisons.")
        return self._test()

    def _test(self) -> Condition:
        token = self._peek()
        if token is not None and token.kind == "word" and self._peek_text(1) == "(" and token.text in ("isnan", "has", "tag"):
            return self._call(token.text)
        if token is not None and token.kind in ("word", "quoted") and not self._is_literal():
            if self._peek_text(1) == "(":
                raise self._mistake(f"there is no function {shown(token.text)}; there are isnan, has, tag, today and time")
            return self._key_first()
        return self._literal_first()

    def _call(self, name: str) -> Condition:
        self._position += 2
        if name == "tag":
            argument = self._literal()
            if not isinstance(argument, str):
                raise self._mistake('tag("name") takes a text')
            self._expect(")")
            return Tagged(argument)
        key = self._key()
        self._expect(")")
        return IsNan(key) if name == "isnan" else Has(key)

    def _key_first(self) -> Condition:
        key = self._key()
        if self._accept("in"):
            return OneOf(key, self._list(key))
        if self._accept("not"):
            self._expect("in")
            return Not(OneOf(key, self._list(key)))
        operator = self._operator(f"a comparison such as == or > must follow {shown(str(key))}")
        return Comparison(key, operator, self._typed(key, self._literal()))

    def _literal_first(self) -> Condition:
        low = self._literal()
        operator = self._operator("a comparison must follow")
        key = self._key()
        first = Comparison(key, _MIRRORED.get(operator, operator), self._typed(key, low))
        following = self._peek()
        if following is None or following.kind != "sign" or following.text not in set(Operator):
            return first
        operator = self._operator("")
        return And((first, Comparison(key, operator, self._typed(key, self._literal()))))

    def _list(self, key: Key) -> tuple[Value, ...]:
        closing = "]" if self._accept("[") else ")" if self._accept("(") else ""
        if not closing:
            raise self._mistake("'in' needs a list such as [1, 2]")
        values = [self._typed(key, self._literal())]
        while self._accept(","):
            values.append(self._typed(key, self._literal()))
        self._expect(closing)
        self._listed += len(values)
        if self._listed > _MOST_LISTED:
            raise InvalidQuery(f"The lists of a query have at most {_MOST_LISTED} values.")
        return tuple(values)

    def _key(self) -> Key:
        token = self._next("a key is missing")
        if token.kind not in ("word", "quoted"):
            raise self._mistake("a key is missing", back=1)
        return _key_of(token.text, self._kind)

    def _operator(self, missing: str) -> Operator:
        token = self._next(missing)
        if token.text == "=":
            raise self._mistake("write == to compare", back=1)
        if token.kind != "sign" or token.text not in set(Operator):
            raise self._mistake(missing, back=1)
        return Operator(token.text)

    def _is_literal(self) -> bool:
        token = self._peek()
        assert token is not None
        called = self._peek_text(1) == "("
        return token.kind == "word" and (token.text in _BOOLEANS or (token.text in ("today", "time") and called))

    def _literal(self) -> Value:
        token = self._next("a value is missing")
        if token.kind == "number":
            return self._number(token.text)
        if token.kind == "text":
            return unquote(token.text)
        if token.kind == "word" and token.text in _BOOLEANS:
            return _BOOLEANS[token.text]
        if token.kind == "word" and token.text in ("today", "time") and self._accept("("):
            return self._moment(token.text)
        raise self._mistake("a value is missing: a number, a text in quotes, True, False or today()", back=1)

    def _number(self, text: str) -> float:
        number = float(text)
        if math.isinf(number):
            raise self._mistake("the number is too large; isnan(key) finds infinities", back=1)
        return number

    def _moment(self, function: str) -> datetime:
        if function == "today" and self._accept(")"):
            return self._asker.midnight
        argument = self._next("an argument is missing")
        self._expect(")")
        if function == "today" and argument.kind == "number":
            return self._days_later(self._number(argument.text))
        if function == "time" and argument.kind == "text":
            return self._time(unquote(argument.text))
        raise self._mistake('write today(), today(-7) or time("2026-11-20 09:30")', back=2)

    def _days_later(self, days: float) -> datetime:
        try:
            return self._asker.midnight + timedelta(days=days)
        except OverflowError:
            raise self._mistake("that day lies outside the years 1 to 9999", back=2) from None

    def _typed(self, key: Key, value: Value) -> Value:
        """A text compared with a key of time is a time, as in pandas."""
        kind = ArtifactKind.JOBS if key.of_job else self._kind
        if isinstance(value, str) and BUILT_IN[kind].get(key.name) is ValueType.TIME:
            return self._time(value)
        return value

    def _time(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self._mistake(f"{shown(text)} is not a time; one looks like 2026-11-20 or 2026-11-20 09:30", back=1) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=self._asker.midnight.tzinfo)

    def _peek(self, ahead: int = 0) -> Token | None:
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else None

    def _peek_text(self, ahead: int) -> str | None:
        token = self._peek(ahead)
        return token.text if token and token.kind == "sign" else None

    def _next(self, missing: str) -> Token:
        token = self._peek()
        if token is None:
            raise self._mistake(missing)
        self._position += 1
        return token

    def _accept(self, text: str) -> bool:
        token = self._peek()
        if token and token.kind in ("sign", "word") and _SYNONYMS.get(token.text, token.text) == text:
            self._position += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._mistake(f"{text!r} is missing here")

    def _mistake(self, what: str, back: int = 0) -> InvalidQuery:
        position = self._position - back
        at = self._tokens[position].at if position < len(self._tokens) else len(self._text)
        return mistake(self._text, at, what)
