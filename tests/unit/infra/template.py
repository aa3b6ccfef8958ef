"""The SAM template as data: intrinsic functions as CloudFormation writes them, references to parameters resolved."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[3] / "infra" / "sam" / "template.yaml"


class _Loader(yaml.SafeLoader):
    """Reads !Ref, !Sub and the other short forms."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    return {f"Fn::{suffix}": value.split(".", 1) if suffix == "GetAtt" and isinstance(value, str) else value}


_Loader.add_multi_constructor("!", _intrinsic)


def load() -> dict[str, Any]:
    """The template, intrinsic functions in their long form."""
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)
    return template


def parameters(template: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """Values of all parameters: defaults, then `given`, then the pseudo parameters of an example account."""
    defaults = {name: spec.get("Default") for name, spec in template["Parameters"].items()}
    pseudo = {"AWS::Region": "eu-west-3", "AWS::AccountId": "111111111111", "AWS::Partition": "aws"}
    return defaults | given | pseudo


def resolve(node: Any, values: Mapping[str, Any]) -> Any:
    """Replace references to parameters. One to a resource becomes its logical id, to an attribute `Id.Attribute`."""
    if isinstance(node, list):
        return [resolve(one, values) for one in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"Ref"}:
        return values.get(node["Ref"], node["Ref"])
    if node.keys() == {"Fn::GetAtt"}:
        return ".".join(node["Fn::GetAtt"])
    if node.keys() == {"Fn::Sub"} and isinstance(node["Fn::Sub"], str):
        return re.sub(r"\$\{([^}]+)\}", lambda match: str(values.get(match[1], match[1])), node["Fn::Sub"])
    return {key: resolve(value, values) for key, value in node.items()}
