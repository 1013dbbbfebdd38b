"""What a job's agent and the platform tell each other.

An agent may be newer than its server by one contract, so its requests may carry more.
"""

from __future__ import annotations

from typing import Final

from acai_jupyter.domain.jobs import Progress
from acai_jupyter.wire.schema.parts import (
    BOOLEAN,
    COMMAND,
    INTEGER,
    NUMBER,
    SMALL,
    TEXT,
    TEXTS,
    Schema,
    answer,
    array,
    one_of,
    or_null,
    ref,
    request,
)

_FILES_PAGE: Final[Schema] = {"anyOf": [ref("FetchableFiles"), {"type": "null"}]}

COMPONENTS: Final[dict[str, Schema]] = {
    "Manifest": answer(
        contract=INTEGER,
        job=TEXT,
        number=INTEGER,
        name=or_null(TEXT),
        project=TEXT,
        attempt=INTEGER,
        rank=INTEGER,
        command=COMMAND,
        env=TEXTS,
        secrets={**TEXTS, "description": "values of secrets: for the agent alone"},
        python=or_null(TEXT),
        requirements=or_null(TEXT),
        resources=answer(cpu=NUMBER, memory_mb=INTEGER, gpu=INTEGER),
        timeout_s=or_null(NUMBER),
        output_path=or_null(TEXT),
        heartbeat_s=NUMBER,
        kill_grace_s=NUMBER,
        sample_s=NUMBER,
        files={
            **answer(code=_FILES_PAGE, input=_FILES_PAGE, start=_FILES_PAGE),
            "description": "the first pages of the job's files; what is null must be asked for",
        },
    ),
}

REQUESTS: Final[dict[str, Schema]] = {
    "claim": {**request(("contract", "instance"), contract=INTEGER, instance=TEXT), "additionalProperties": True},
    "heartbeat": {
        **request(
            ("instance",),
            instance=TEXT,
            progress=or_null(one_of(*Progress)),
            enforced={"type": ["object", "null"]},
            samples=array(array(NUMBER)),
            steps={
                **or_null({**INTEGER, "minimum": 0}),
                "description": "how often its work has moved on: one that beats and moves no more is stuck",
            },
            salvages={**BOOLEAN, "description": "it brings home what a dead agent left, and has no claim"},
        ),
        "additionalProperties": True,
    },
    "report": {
        **request(
            ("instance", "ended"),
            instance=TEXT,
            ended=one_of(
                "exited", "signalled", "timeout", "killed", "command", "input", "output", "environment", "out_of_memory"
            ),
            exit_code=or_null(SMALL),
            signal=or_null(SMALL),
            detail=or_null(TEXT),
            download_time=or_null(NUMBER),
            command_time=or_null(NUMBER),
            upload_time=or_null(NUMBER),
            output_upload=or_null(TEXT),
            cpu_time=or_null(NUMBER),
            throttled_time=or_null(NUMBER),
            peak_memory=or_null(INTEGER),
            read_bytes=or_null(INTEGER),
            written_bytes=or_null(INTEGER),
            enforced={"type": ["object", "null"]},
            kept_upload=or_null(TEXT),
        ),
        "additionalProperties": True,
    },
}
