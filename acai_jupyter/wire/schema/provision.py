"""Profiles, predictions and quotes."""

from __future__ import annotations

from typing import Final

from acai_jupyter.domain.jobs import Status
from acai_jupyter.domain.profiles import ProfileStatus
from acai_jupyter.wire.schema.jobs import LIMITS, SUBMISSION
from acai_jupyter.wire.schema.parts import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    Schema,
    answer,
    array,
    one_of,
    or_null,
    ref,
    request,
)

_PROFILE: Final = answer(
    id=TEXT,
    name=TEXT,
    creator=TEXT,
    create_time=TIME,
    end_time=or_null(TIME),
    command_template=TEXT,
    input=or_null(TEXT),
    code=or_null(TEXT),
    status=one_of(*ProfileStatus),
    detail=or_null(TEXT),
    law={**or_null(TEXT), "description": "what was found, in words"},
    grid_size=INTEGER,
    trials=or_null(INTEGER),
    budget={**or_null(NUMBER), "description": "dollars"},
    notes=array(TEXT),
)
_TRIAL: Final = answer(
    number=INTEGER,
    values=array(NUMBER),
    cpu=NUMBER,
    memory_mb=INTEGER,
    job=INTEGER,
    status=one_of(*Status),
    reason=or_null(TEXT),
    runtime=or_null(NUMBER),
    cost=or_null(NUMBER),
)
_PREDICTION: Final = answer(
    cpu=NUMBER,
    memory_mb=INTEGER,
    runtime={**NUMBER, "description": "seconds; low and high bound a 90 % interval"},
    runtime_low=NUMBER,
    runtime_high=NUMBER,
    cost={**NUMBER, "description": "dollars"},
    cost_low=NUMBER,
    cost_high=NUMBER,
    extrapolation=BOOLEAN,
    warning=or_null(TEXT),
)
_VALUES: Final[Schema] = {"type": "array", "items": {"type": ["string", "number"]}, "maxItems": 100}
_MODEL: Final[Schema] = or_null(one_of("default", "log-linear"))

COMPONENTS: Final[dict[str, Schema]] = {
    "Profile": _PROFILE,
    "ProfileDetails": answer(**_PROFILE["properties"], jobs=array(_TRIAL)),
    "Prediction": _PREDICTION,
    "Quote": answer(
        profile=TEXT,
        command=TEXT,
        values=array(NUMBER),
        max_time=or_null(NUMBER),
        max_cost=or_null(NUMBER),
        confidence=NUMBER,
        met=BOOLEAN,
        why=TEXT,
        chosen=_PREDICTION,
        alternatives=array(_PREDICTION),
        excluded=array(TEXT),
        law=TEXT,
        runs=INTEGER,
    ),
    "GridQuote": answer(
        max_time=or_null(NUMBER),
        max_cost=or_null(NUMBER),
        confidence=NUMBER,
        met=BOOLEAN,
        why=TEXT,
        cost={**NUMBER, "description": "dollars, of all rows; low and high bound at least a 90 % interval"},
        cost_low=NUMBER,
        cost_high=NUMBER,
        runtime={**NUMBER, "description": "seconds, of all rows one after the other"},
        rows=array(answer(command=TEXT, profile=TEXT, chosen=_PREDICTION)),
    ),
    "Provisioned": answer(quote=ref("Quote"), job=ref("JobDetails")),
}

REQUESTS: Final[dict[str, Schema]] = {
    "create_profile": request(
        ("name", "command_template"),
        name=TEXT,
        command_template=TEXT,
        **{name: SUBMISSION[name] for name in ("input", "code", "image", "python", "env", "timeout", "priority")},
        cpus={"type": ["array", "null"], "items": NUMBER, "maxItems": 100},
        memories_mb={"type": ["array", "null"], "items": INTEGER, "maxItems": 100},
        trials=or_null(INTEGER),
        budget={**or_null(NUMBER), "description": "dollars"},
        again=BOOLEAN,
    ),
    "predict": request(
        ("values", "cpu", "memory"), values=_VALUES, cpu=NUMBER, memory={"type": ["string", "number"]}, model=_MODEL
    ),
    "quote_profile": request(("values",), values=_VALUES, model=_MODEL, **LIMITS),
    "quote_job": request(("job",), job=request(("command",), **SUBMISSION), **LIMITS),
    "quote_grid": request(("command",), **SUBMISSION, input_grid=or_null(TEXT), **LIMITS),
    "autoprovision": request(
        (),
        profile=or_null(TEXT),
        values={**_VALUES, "type": ["array", "null"]},
        job=request((), **SUBMISSION),
        enforce=BOOLEAN,
        **LIMITS,
    ),
}
