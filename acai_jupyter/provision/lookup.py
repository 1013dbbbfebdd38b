"""Profiles by their name or id."""

from __future__ import annotations

from uuid import UUID

from acai_jupyter.domain.errors import InvalidRequest, ProfileNotFound
from acai_jupyter.domain.ids import Kind, read
from acai_jupyter.domain.profiles import Profile, ProfileDetails
from acai_jupyter.ports.store.unit import UnitOfWork


def find_profile(unit: UnitOfWork, project_id: UUID, reference: str) -> Profile:
    """The profile with this id, or the current one of this name. Raises ProfileNotFound."""
    found = unit.profiles.get(project_id, profile_id) if (profile_id := _id(reference)) else None
    found = found or unit.profiles.current(project_id, reference)  # a name may look like an id
    if found is None:
        raise ProfileNotFound(f"There is no profile {reference[:80]}: see what there is with acai profile.")
    return found


def details_of(unit: UnitOfWork, profile: Profile) -> ProfileDetails:
    """The profile with its trials."""
    return ProfileDetails(profile, tuple(unit.profiles.trials(profile)))


def _id(reference: str) -> UUID | None:
    try:
        return read(Kind.PROFILE, reference)
    except InvalidRequest:
        return None
