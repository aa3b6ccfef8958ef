"""Hand-written fakes of the object store, for tests and dry runs; same contract as the real one."""

from shared.errors import ConflictError


class MemoryObjects:
    """A bucket in a dictionary."""

    def __init__(self, bucket: str = "memory") -> None:
        self.bucket = bucket
        self.files: dict[str, bytes] = {}

    def put(self, key: str, body: bytes, content_type: str = "application/json", *, once: bool = False) -> None:  # noqa: ARG002
        if once and key in self.files:
            raise ConflictError(f"{key} exists already")
        self.files[key] = body

    def get(self, key: str) -> bytes | None:
        return self.files.get(key)
