"""Logs and metrics through Powertools: one service name a function, one correlation id from schedule to mail.

Every metric has the dimensions `service` (the project) and `environment`, and no other: an alarm cannot add up over the
values of a dimension. Whose number it is stands in the log line.
"""

import os

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "VectoraInbox"

PROJECT = "vectora-inbox"

logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", PROJECT), use_rfc3339=True)
metrics = Metrics(namespace=NAMESPACE, service=os.environ.get("PROJECT_NAME", PROJECT))
metrics.set_default_dimensions(environment=os.environ.get("ENV", "local"))


def statistics(stage: str, **facts: object) -> None:
    """The one statistics line of a run (specification: Monitoring). Never addresses, never article text."""
    logger.info("statistics", extra={"stage": stage, **facts})
