"""Hypothesis as these tests use it: no bound on time, which depends on the machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("acai", deadline=None, max_examples=100)
settings.load_profile("acai")
