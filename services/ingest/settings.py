"""Settings of ingest, from its environment variables."""

from pydantic import Field

from shared.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    """`contact_url` is what the User-Agent tells a site's operator. The batch's deadline is maxReceiveCount times the
    queue's visibility timeout: no message can be under way longer. `time_reserve_seconds` of the function's time are
    kept for writing the manifest and queueing. Listings are polled by more threads than articles are read by: they are
    small, and most of the time is waiting."""

    raw_queue_url: str = Field(alias="RAW_QUEUE_URL")
    contact_url: str = Field(default="https://example.org/vectora-inbox", alias="CONTACT_URL")
    raw_max_receive_count: int = Field(default=5, ge=1, alias="RAW_MAX_RECEIVE_COUNT")
    raw_visibility_seconds: int = Field(default=1800, ge=1, alias="RAW_VISIBILITY_SECONDS")
    time_reserve_seconds: float = Field(default=60.0, ge=0, alias="TIME_RESERVE_SECONDS")
    workers: int = Field(default=24, ge=1, le=64, alias="INGEST_WORKERS")
    poll_workers: int = Field(default=64, ge=1, le=128, alias="INGEST_POLL_WORKERS")
    function_name: str = Field(default="", alias="AWS_LAMBDA_FUNCTION_NAME")
    pubmed_api_key_param: str = Field(default="", alias="PUBMED_API_KEY_PARAM")

    @property
    def user_agent(self) -> str:
        return f"VectoraInbox/1.0 (+{self.contact_url})"

    @property
    def batch_seconds(self) -> int:
        """Real seconds from queueing to the batch's deadline."""
        return self.raw_max_receive_count * self.raw_visibility_seconds
