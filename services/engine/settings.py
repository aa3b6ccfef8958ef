"""What the engine reads from its environment."""

from pydantic import Field

from shared.settings import ServiceSettings


class EngineSettings(ServiceSettings):
    """The newsletter's own region and model beat the general ones (specification: Names and variables).

    `lease_seconds`: how long one engine holds an edition; the function's timeout. `model_seconds`: the least time that
    must be left of the invocation for the model to be asked; `write_seconds` of it are kept for writing.
    """

    newsletters_bucket: str = Field(alias="NEWSLETTERS_BUCKET")
    newsletter_topic_arn: str = Field(alias="NEWSLETTER_TOPIC_ARN")
    default_region: str = Field(default="eu-west-3", alias="BEDROCK_REGION")
    default_model_id: str = Field(default="eu.anthropic.claude-sonnet-4-5-20250929-v1:0", alias="BEDROCK_MODEL_ID")
    newsletter_region: str = Field(default="", alias="BEDROCK_REGION_NEWSLETTER")
    newsletter_model_id: str = Field(default="", alias="BEDROCK_MODEL_ID_NEWSLETTER")
    lease_seconds: int = Field(default=900, ge=1, alias="ENGINE_LEASE_SECONDS")
    model_seconds: float = Field(default=60.0, ge=0, alias="ENGINE_MODEL_SECONDS")
    write_seconds: float = Field(default=20.0, ge=0, alias="ENGINE_WRITE_SECONDS")

    @property
    def bedrock_region(self) -> str:
        return self.newsletter_region or self.default_region

    @property
    def bedrock_model_id(self) -> str:
        return self.newsletter_model_id or self.default_model_id
