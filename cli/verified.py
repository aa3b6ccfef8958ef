"""States of a stack that were verified: template with its packages, parameters and configuration; in the config bucket.

`vectora smoke` keeps one whenever it passes; `vectora rollback` goes back to one. A template names its packages in S3,
and SAM never overwrites those, so that going back needs no build and no checkout.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cli.run import config_store
from cli.stacks import PROJECT, Deployed, StackName
from shared.errors import ConfigError
from shared.storage.objects import Objects, S3Objects, put_json

_FOLDER = "operations/verified"
_INDEX = f"{_FOLDER}/index.json"
_KEPT = 10


@dataclass(frozen=True, slots=True)
class State:
    """What a stack is: `template` is the hash of its template, in which its packages are named by content, `release`
    the configuration's, `builds` function → commit."""

    template: str
    parameters: Mapping[str, str]
    release: str
    builds: Mapping[str, str]

    @property
    def identity(self) -> tuple[str, tuple[tuple[str, str], ...], str]:
        return self.template, tuple(sorted(self.parameters.items())), self.release

    @property
    def code_identity(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        return self.identity[:2]


@dataclass(frozen=True, slots=True)
class Kept:
    """A verified state; `at` is when it last was (ISO)."""

    at: str
    state: State


def present(deployed: Deployed, stack: StackName, builds: Mapping[str, str]) -> tuple[State, str]:
    """The stack as it is, and its template's text. Raises NotFoundError without configuration."""
    cloudformation, name = deployed.client("cloudformation"), f"{PROJECT}-{stack}"
    found = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    text = found if isinstance(found, str) else json.dumps(found)
    rows = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Parameters", [])
    parameters = {row["ParameterKey"]: row.get("ParameterValue", "") for row in rows}
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return State(digest, parameters, config_store(deployed).current(), dict(builds)), text


class Verified:
    """The pile of verified states, the newest last."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    @classmethod
    def of(cls, deployed: Deployed) -> "Verified":
        return cls(S3Objects(deployed.client("s3"), deployed.outputs["ConfigBucketName"]))

    def all(self) -> list[Kept]:
        """Oldest first."""
        content = self._objects.get(_INDEX)
        rows: list[dict[str, Any]] = json.loads(content) if content else []
        return [Kept(row["at"], State(**row["state"])) for row in rows]

    def keep(self, state: State, template: str, now: datetime) -> None:
        """Put a state on the pile; the same one again only gets a new time."""
        self._objects.put(template_key(state), template.encode(), "text/plain; charset=utf-8")
        others = [one for one in self.all() if one.state.identity != state.identity]
        kept = [*others, Kept(now.isoformat(timespec="seconds"), state)][-_KEPT:]
        put_json(self._objects, _INDEX, [{"at": one.at, "state": asdict(one.state)} for one in kept])

    def template(self, state: State) -> str:
        """Raises ConfigError when it is not what was kept."""
        text = (self._objects.get(template_key(state)) or b"").decode()
        if hashlib.sha256(text.encode()).hexdigest()[:16] != state.template:
            raise ConfigError(
                f"{template_key(state)} is damaged or gone; deploy a commit that is known to work instead"
            )
        return text


def template_key(state: State) -> str:
    return f"{_FOLDER}/{state.template}.template"


def choose(kept: list[Kept], now: State) -> Kept | None:
    """The newest verified state that the stack is not in, or None."""
    return next((one for one in reversed(kept) if one.state.identity != now.identity), None)
