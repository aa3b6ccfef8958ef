"""Settings of normalize and its sweeper (names and defaults: specification)."""

from pydantic import Field

from shared.bedrock.client import RetryMode
from shared.settings import ServiceSettings

DEFAULT_REGION = "us-east-1"
DEFAULT_MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


class Settings(ServiceSettings):
    """Normalize's own settings. Its region and model beat the common ones, which beat the defaults."""

    own_region: str = Field(default="", alias="BEDROCK_REGION_NORMALIZATION")
    common_region: str = Field(default="", alias="BEDROCK_REGION")
    own_model: str = Field(default="", alias="BEDROCK_MODEL_ID_NORMALIZATION")
    common_model: str = Field(default="", alias="BEDROCK_MODEL_ID")
    first_model: str = Field(
        default="",
        alias="BEDROCK_MODEL_ID_NORMALIZATION_FIRST",
        description="a cheaper model for the first question; its repetition goes to the main one",
    )
    max_workers: int = Field(default=4, ge=2, le=8, alias="MAX_BEDROCK_WORKERS")
    max_retries: int = Field(default=3, ge=0, le=10, alias="BEDROCK_MAX_RETRIES")
    base_delay: float = Field(default=0.5, gt=0, le=30, alias="BEDROCK_BASE_DELAY")
    rpm: float = Field(default=0, ge=0, alias="BEDROCK_RPM", description="requests a minute of the quota; 0: no pace")
    tpm: float = Field(default=0, ge=0, alias="BEDROCK_TPM", description="tokens a minute of the quota; 0: no pace")
    first_rpm: float = Field(default=0, ge=0, alias="BEDROCK_RPM_FIRST", description="the cheaper model's own quota")
    first_tpm: float = Field(default=0, ge=0, alias="BEDROCK_TPM_FIRST", description="the cheaper model's own quota")
    retry_mode: RetryMode = Field(default="own", alias="BEDROCK_RETRY_MODE")
    output_weight: int = Field(default=5, ge=1, alias="BEDROCK_OUTPUT_WEIGHT")
    read_timeout: float = Field(default=60, gt=0, alias="BEDROCK_READ_TIMEOUT")
    raw_queue_url: str = Field(alias="RAW_QUEUE_URL")
    max_receive_count: int = Field(default=5, ge=1, alias="MAX_RECEIVE_COUNT")

    @property
    def region(self) -> str:
        return self.own_region or self.common_region or DEFAULT_REGION

    @property
    def model_id(self) -> str:
        return self.own_model or self.common_model or DEFAULT_MODEL

    @property
    def first_model_id(self) -> str:
        """The cheaper model; empty where there is none, or where it is the main one."""
        return "" if self.first_model == self.model_id else self.first_model


class SweeperSettings(ServiceSettings):
    """The sweeper's settings: it queues, closes and restarts; it never calls a model."""

    raw_queue_url: str = Field(alias="RAW_QUEUE_URL")
    raw_dlq_url: str = Field(alias="RAW_DLQ_URL")
    engine_function: str = Field(alias="ENGINE_FUNCTION")
    recovery_per_sweep: int = Field(default=50, ge=0, alias="RECOVERY_PER_SWEEP")
    recovery_limit: int = Field(default=3, ge=0, alias="RECOVERY_LIMIT")
    recovery_wait: int = Field(default=300, ge=0, alias="RECOVERY_WAIT_SECONDS")
    unsent_grace: int = Field(default=120, ge=0, alias="SWEEP_UNSENT_GRACE_SECONDS")
    engine_grace: int = Field(default=900, ge=0, alias="SWEEP_ENGINE_GRACE_SECONDS")
    edition_grace: float = Field(default=24, ge=0, alias="EDITION_GRACE_HOURS", description="hours")
    notification_topic_arn: str = Field(alias="NOTIFICATION_TOPIC_ARN")
    failure_queues: str = Field(alias="FAILURE_QUEUE_URLS", description="name=url pairs, separated by commas")

    @property
    def failure_queue_urls(self) -> dict[str, str]:
        """Name → URL, in the order in which they are told."""
        pairs = (one.strip().partition("=") for one in self.failure_queues.split(","))
        return {name: url.strip() for name, _, url in pairs}
