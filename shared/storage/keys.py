"""Where everything is kept: object keys of the three buckets and keys of the state table."""

# Objects


def raw(item_id: str, content_hash: str) -> str:
    return f"raw/{item_id}/{content_hash}.json"


def normalized(published: str, item_id: str) -> str:
    return f"normalized/published={published}/{item_id}.json"


def batch_prefix(client_id: str, batch_id: str) -> str:
    return f"batches/{client_id}/{batch_id}"


def manifest(client_id: str, batch_id: str) -> str:
    return f"{batch_prefix(client_id, batch_id)}/manifest.json"


def progress(client_id: str, batch_id: str) -> str:
    """What an unfinished ingest run has read so far."""
    return f"{batch_prefix(client_id, batch_id)}/progress.json"


def marker(client_id: str, batch_id: str, kind: str) -> str:
    name = "COMPLETE" if kind == "edition" else "COLLECTED"
    return f"{batch_prefix(client_id, batch_id)}/{name}.json"


def batch_report(client_id: str, batch_id: str) -> str:
    return f"{batch_prefix(client_id, batch_id)}/report.json"


def source_entries(source_key: str) -> str:
    """The entries that a source's stored ETag stands for."""
    return f"sources/{source_key}/entries.json"


def edition_prefix(client_id: str, day: str, edition_id: str) -> str:
    """`day` is YYYY-MM-DD."""
    return f"{client_id}/{day.replace('-', '/')}/{edition_id}"


def editorial_cache(client_id: str, key: str) -> str:
    return f"cache/{client_id}/{key}.json"


# State table: (pk, sk)


def batch_meta(client_id: str, batch_id: str) -> tuple[str, str]:
    return f"BATCH#{client_id}#{batch_id}", "META"


def batch_item(client_id: str, batch_id: str, item_id: str) -> tuple[str, str]:
    return f"BATCH#{client_id}#{batch_id}", f"ITEM#{item_id}"


def open_batch(client_id: str, batch_id: str) -> tuple[str, str]:
    """Open batches share one partition, so that the sweeper finds them by one query."""
    return "OPEN", f"{client_id}#{batch_id}"


def run(client_id: str, created_at: str, batch_id: str) -> tuple[str, str]:
    """A client's batches in the order in which they began; `created_at` is ISO."""
    return f"RUNS#{client_id}", f"{created_at}#{batch_id}"


def lake_day(published: str, item_id: str) -> tuple[str, str]:
    return f"LAKE#{published}", item_id


def arrived_day(day: str, item_id: str) -> tuple[str, str]:
    return f"NORMALIZED#{day}", item_id


def lake_item(item_id: str) -> tuple[str, str]:
    return f"ITEM#{item_id}", "LAKE"


def result(item_id: str, content_hash: str, signature: str) -> tuple[str, str]:
    return f"RESULT#{item_id}", f"{content_hash}#{signature}"


def source_state(source_key: str) -> tuple[str, str]:
    return f"SOURCE#{source_key}", "STATE"


def url_memory(item_id: str) -> tuple[str, str]:
    return f"URL#{item_id}", "MEMORY"


def edition(client_id: str, edition_id: str) -> tuple[str, str]:
    return f"EDITION#{client_id}", edition_id


def printed(client_id: str, item_id: str) -> tuple[str, str]:
    return f"PRINTED#{client_id}", item_id


def delivery(edition_id: str, recipient: str) -> tuple[str, str]:
    return f"DELIVERY#{edition_id}", recipient


def recipient(client_id: str, recipient_key: str) -> tuple[str, str]:
    return f"RECIPIENT#{client_id}", recipient_key


def label(client_id: str, item_id: str) -> tuple[str, str]:
    return f"LABEL#{client_id}", item_id


def reserved(client_id: str, item_id: str) -> tuple[str, str]:
    """Which edition may print an item; one at a time."""
    return f"RESERVED#{client_id}", item_id


def spend(client_id: str, month: str) -> tuple[str, str]:
    """`month` is YYYY-MM."""
    return f"SPEND#{client_id}", month


def pace(region: str, model_id: str) -> tuple[str, str]:
    return f"PACE#{region}", model_id
