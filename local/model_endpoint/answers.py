"""Who answers which tool."""

from pathlib import Path
from typing import Any

from local.layout import PROJECT
from local.model_endpoint import editorial, items, openai
from local.model_endpoint.settings import Settings
from local.model_endpoint.wire import ModelAnswer, ModelRequest, WireError


class Answers:
    """The default answerer: rules for the product's own tools, one word for a call without a tool, or another model."""

    def __init__(self) -> None:
        self._trees = items.Trees()

    def answer(self, request: ModelRequest, settings: Settings) -> ModelAnswer:
        """Raises WireError for a tool that nobody here knows."""
        if settings.openai_base_url:
            return openai.forward(request, settings)
        if not request.tool:
            return ModelAnswer(None, "OK")
        return ModelAnswer(self._tool_input(request, settings))

    def _tool_input(self, request: ModelRequest, settings: Settings) -> Any:
        if request.tool == editorial.TOOL:
            return editorial.write_edition(request)
        if request.tool == items.TOOL:
            return items.record_item(request, self._trees.at(PROJECT / Path(settings.config_dir)))
        raise WireError("ValidationException", 400, f"this endpoint has no answer for the tool {request.tool}")
