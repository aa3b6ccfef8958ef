"""CloudFormation's functions, as far as the template's policies use them, with a deployed stack's own values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"\$\{([^}!]+)\}")
_ARN_OF = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Serverless::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
}


@dataclass(frozen=True)
class Values:
    """A deployed stack: its template, its parameters and its resources (logical id → type, physical id)."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    resources: Mapping[str, tuple[str, str]]
    region: str
    account: str
    partition: str = "aws"

    def resolve(self, node: Any) -> Any:
        """The node with its functions replaced. Raises ValueError for one that this does not know."""
        if isinstance(node, list):
            return [self.resolve(one) for one in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if function := getattr(self, f"_{name.removeprefix('Fn::').lower()}", None):
                return function(argument)
            if name.startswith("Fn::"):
                raise ValueError(f"{name} in a policy")
        return {key: self.resolve(value) for key, value in node.items()}

    def _ref(self, name: str) -> str:
        pseudo = {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.resources:
            return self.resources[name][1]
        if name in self.parameters:
            return self.parameters[name]
        raise ValueError(f"{name} is neither a parameter nor a resource of the stack")

    def _getatt(self, argument: str | list[str]) -> str:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        kind, physical = self.resources[name]
        if attribute != "Arn" or kind not in _ARN_OF:
            raise ValueError(f"{name}.{attribute} of {kind}")
        plain = physical.rsplit("/", 1)[-1] if kind == "AWS::SQS::Queue" else physical
        return f"arn:{self.partition}:" + _ARN_OF[kind].format(region=self.region, account=self.account, name=plain)

    def _sub(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        known = {name: str(self.resolve(value)) for name, value in own.items()}
        return _NAME.sub(lambda found: known.get(found[1]) or self._named(found[1]), text)

    def _named(self, name: str) -> str:
        return self._getatt(name) if "." in name else self._ref(name)

    def _if(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self.resolve(yes if self.holds({"Condition": condition}) else no)

    def _select(self, argument: list[Any]) -> Any:
        return self.resolve(argument[1])[int(argument[0])]

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.resolve(argument[1])).split(argument[0])

    def holds(self, condition: Any) -> bool:
        """Whether a condition of the template holds."""
        ((name, argument),) = condition.items()
        kind = name.removeprefix("Fn::")
        if kind == "Condition":
            return self.holds(self.template["Conditions"][argument])
        if kind == "Equals":
            first, second = (str(self.resolve(one)) for one in argument)
            return first == second
        if kind == "Not":
            return not self.holds(argument[0])
        if kind == "And":
            return all(self.holds(one) for one in argument)
        raise ValueError(f"condition {kind}")
