"""Emulated AWS, as ingest's own tests have it."""

from tests.integration.ingest.conftest import world

__all__ = ["world"]
