"""Logs and metrics through Powertools: one service name a function, one correlation id from schedule to mail.

Every metric has the dimensions `service` (the project) and `environment`, and no other: an alarm cannot add up over the
values of a dimension. Whose number it is stands in the log line.

The correlation id is the batch's id, from ingest to the mail's header; an edition that nobody's batch asked for has its
own id in that place. Each line also names the commit that the package was built from.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger, Metrics

from shared.build import read_build

NAMESPACE = "VectoraInbox"

PROJECT = "vectora-inbox"

logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", PROJECT), use_rfc3339=True, commit=read_build().label)
metrics = Metrics(namespace=NAMESPACE, service=os.environ.get("PROJECT_NAME", PROJECT))
metrics.set_default_dimensions(environment=os.environ.get("ENV", "local"))


def correlate(*correlation_ids: str) -> None:
    """Let every following line of this invocation carry the id; of several batches at once, all of them."""
    logger.set_correlation_id(" ".join(dict.fromkeys(one for one in correlation_ids if one)) or None)


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Let the lines that this thread writes meanwhile carry the id, whatever the invocation's own is."""
    logger.thread_safe_append_keys(correlation_id=correlation_id)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys(["correlation_id"])


def statistics(stage: str, **facts: object) -> None:
    """The one statistics line of a run (specification: Monitoring). Never addresses, never article text."""
    logger.info("statistics", extra={"stage": stage, **facts})
