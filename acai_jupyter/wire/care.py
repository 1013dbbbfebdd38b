"""Usage, garbage and checks in JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from acai_jupyter.domain.checks import CheckStep
from acai_jupyter.domain.garbage import GarbageStep
from acai_jupyter.domain.usage import StoreUsage, Usage

Json = dict[str, Any]


def usage(reference: str, item: Usage) -> Json:
    return {"reference": reference, **asdict(item), "shared": item.stored - item.own}


def store_usage(item: StoreUsage) -> Json:
    return {**asdict(item), "garbage": item.garbage}


def garbage_step(item: GarbageStep) -> Json:
    found = [{"kind": one.kind.value, "count": one.count, "size": one.size} for one in item.found]
    return {"found": found, "looked_at": item.looked_at, "total": item.total, "cursor": item.cursor}


def check_step(item: CheckStep) -> Json:
    problems = [{"code": one.code.value, "subject": one.subject, "message": one.message} for one in item.problems]
    return {"problems": problems, "looked_at": item.looked_at, "total": item.total, "cursor": item.cursor}
