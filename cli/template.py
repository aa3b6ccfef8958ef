"""The checkout's own template, as far as commands compare it with a stack."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from cli.config_tree import PROJECT

TEMPLATE = PROJECT / "infra" / "sam" / "template.yaml"


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions as {name: value}."""


def _short(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {tag: loader.construct_mapping(node, deep=True)}
    raise yaml.YAMLError(f"{tag} of an unknown kind")


_Loader.add_multi_constructor("!", _short)


@cache
def read_template() -> Mapping[str, Any]:
    """The template as nested mappings; `!Ref X` is {"Ref": "X"}."""
    return parse_template(TEMPLATE.read_text(encoding="utf-8"))


def parse_template(text: str) -> Mapping[str, Any]:
    """A template's text (YAML or JSON) as nested mappings."""
    loaded: Mapping[str, Any] = yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    return loaded


def variables_of(template: Mapping[str, Any], function: str) -> dict[str, Any]:
    """Environment variables that the template gives a function: name → value, or what it refers to."""
    own = template["Resources"][function]["Properties"]["Environment"]["Variables"]
    return {**template["Globals"]["Function"]["Environment"]["Variables"], **own}
