"""What the publisher reads from its environment."""

from typing import Literal

from pydantic import Field

from shared.settings import ServiceSettings


class PublisherSettings(ServiceSettings):
    """The publisher's own region is SES's.

    `send_rate` is mails a second: 1 is what SES grants an account in its sandbox; raise it with the account's quota
    (https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html). `from_address` is for environments with one
    verified identity: it replaces every client's own. `queue_url` lets a paused delivery come back after its own wait
    instead of the queue's visibility timeout. `links_url` is LinksFunction's and `link_secret` signs its links; without
    them mails carry no links. `suppression: none` is for an SES that keeps no list.
    """

    newsletters_bucket: str = Field(alias="NEWSLETTERS_BUCKET")
    notification_topic_arn: str = Field(alias="NOTIFICATION_TOPIC_ARN")
    ses_region: str = Field(default="eu-west-3", alias="SES_REGION")
    ses_configuration_set: str = Field(default="", alias="SES_CONFIGURATION_SET")
    send_rate: float = Field(default=1.0, gt=0, alias="SES_SEND_RATE")
    from_address: str = Field(default="", alias="FROM_ADDRESS")
    queue_url: str = Field(default="", alias="PUBLISHER_QUEUE_URL")
    links_url: str = Field(default="", alias="LINKS_URL")
    link_secret: str = Field(default="", alias="LINK_SECRET_ARN")
    newsletter_topic_arn: str = Field(default="", alias="NEWSLETTER_TOPIC_ARN")
    suppression: Literal["account", "none"] = Field(default="account", alias="SES_SUPPRESSION")
