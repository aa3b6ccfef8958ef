"""Editorials kept by their inputs: the same items, versions, prompt, model and client settings need no second call."""

import json
from collections.abc import Sequence

from services.engine.editorial import Editorial, ItemText
from services.engine.prompt import Prompt
from shared.contracts.base import Contract, Record
from shared.contracts.items import NormalizedItem
from shared.ids import content_hash
from shared.storage import keys
from shared.storage.objects import Objects, put_model


class CachedText(Contract):
    title: str
    summary: str


class CachedEditorial(Record):
    """cache/{client_id}/{key}.json"""

    title: str
    intro: str
    tldr: tuple[str, ...]
    texts: dict[str, CachedText]
    model: str
    refused: int


def cache_key(items: Sequence[NormalizedItem], prompt: Prompt, model_id: str) -> str:
    """Changes with each item's content or normalizer, and with the prompt (which holds the client's settings)."""
    versions = [(item.item_id, item.content_hash, item.normalizer.signature) for item in items]
    return content_hash(json.dumps(versions), prompt.signature, str(prompt.texts), model_id)


class EditorialCache:
    """The cache of one client in the newsletters bucket."""

    def __init__(self, objects: Objects, client_id: str) -> None:
        self._objects, self._client_id = objects, client_id

    def get(self, key: str) -> Editorial | None:
        """A kept editorial (kind "cache", no usage), or None."""
        body = self._objects.get(keys.editorial_cache(self._client_id, key))
        if body is None:
            return None
        kept = CachedEditorial.model_validate_json(body)
        texts = {item_id: ItemText(text.title, text.summary) for item_id, text in kept.texts.items()}
        return Editorial(kept.title, kept.intro, kept.tldr, texts, kind="cache", model=kept.model, refused=kept.refused)

    def put(self, key: str, editorial: Editorial) -> None:
        texts = {i: CachedText(title=text.title, summary=text.summary) for i, text in editorial.texts.items()}
        kept = CachedEditorial(
            title=editorial.title,
            intro=editorial.intro,
            tldr=editorial.tldr,
            texts=texts,
            model=editorial.model,
            refused=editorial.refused,
        )
        put_model(self._objects, keys.editorial_cache(self._client_id, key), kept)
