"""Errors inside the engine."""

from shared.errors import VectoraError


class WritingError(VectoraError):
    """The model wrote no usable editorial; the deterministic one takes its place, and the edition says why."""
