"""Logs and metrics through Powertools: one service name a function, one correlation id from schedule to mail."""

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "VectoraInbox"

logger = Logger(service="vectora-inbox", use_rfc3339=True)
metrics = Metrics(namespace=NAMESPACE, service="vectora-inbox")


def statistics(stage: str, **facts: object) -> None:
    """The one statistics line of a run (specification: Monitoring). Never addresses, never article text."""
    logger.info("statistics", extra={"stage": stage, **facts})
