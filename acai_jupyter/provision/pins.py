"""What a profile's trials run on: the versions that its references mean."""

from __future__ import annotations

from dataclasses import replace

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.ids import Kind, read
from acai_jupyter.domain.profiles import Pins
from acai_jupyter.domain.references import parse_fileset
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import UnitOfWork


def pinned(unit: UnitOfWork, principal: Principal, wanted: Submission) -> tuple[Submission, Pins]:
    """The submission with its references as versions, and what they are. Trials write no output set: it stays with the job."""
    resolver = Resolver(unit, principal.project_id)
    input_set = None if wanted.input is None else resolver.fileset(parse_fileset(wanted.input))
    snapshot, code_set = None, None
    if wanted.code is not None and wanted.code.startswith(f"{Kind.SNAPSHOT}_"):
        snapshot = read(Kind.SNAPSHOT, wanted.code)
    elif wanted.code is not None:
        code_set = resolver.fileset(parse_fileset(wanted.code))
    pinned = replace(
        wanted,
        input=input_set.label if input_set else None,
        code=code_set.label if code_set else wanted.code,
        output=None,
        output_path=None,
        git=None,
        environment=None,
    )
    return pinned, Pins(input_set.id if input_set else None, snapshot, code_set.id if code_set else None)
