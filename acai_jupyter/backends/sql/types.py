"""Column types that mean the same in every database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Double, Integer, LargeBinary, Text, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from acai_jupyter.domain.digests import Digest


class Id(TypeDecorator[UUID]):
    """A UUID: 16 bytes in SQLite, where they sort like PostgreSQL's own type."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        native = Uuid(native_uuid=True) if dialect.name == "postgresql" else LargeBinary(16)
        return dialect.type_descriptor(native)

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return value if value is None or isinstance(value, UUID) else UUID(bytes=value)


class DigestColumn(TypeDecorator[Digest]):
    """A file's digest in 33 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.to_bytes()

    def process_result_value(self, value: Any, dialect: Dialect) -> Digest | None:
        return None if value is None else Digest.from_bytes(value)


Bytes = LargeBinary
Flag = Boolean(create_constraint=False)
Int = Integer
Moment = BigInteger
"""Microseconds since 1970, UTC."""
Money = BigInteger
"""Micro-dollars."""
Big = BigInteger
Number = Double
Label = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that sorts by code point."""
