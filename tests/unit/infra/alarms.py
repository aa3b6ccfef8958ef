"""CloudWatch's evaluation of an alarm, as far as the template uses it.

Metric math: a period without a datapoint has none in the result either, except inside FILL; x / 0 gives none;
MAX takes the highest of what is there (CloudWatch user guide, "Using math expressions"). The alarm fires when
at least DatapointsToAlarm of the last EvaluationPeriods breach, missing ones counted as TreatMissingData says.
"""

import ast
import operator
from collections.abc import Mapping, Sequence
from typing import Any

Series = Sequence[float | None]

_COMPARE = {"GreaterThanThreshold": operator.gt, "GreaterThanOrEqualToThreshold": operator.ge}
_ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def fires(alarm: Mapping[str, Any], recorded: Mapping[str, Series]) -> bool:
    """Whether the alarm's properties (references resolved) fire on `recorded`: metric name, or id in metric math, to
    one value a period, oldest first; a metric that is not there has no datapoint at all."""
    periods: int = alarm["EvaluationPeriods"]
    window = _points(alarm, recorded, periods)
    missing: bool = alarm["TreatMissingData"] == "breaching"
    compare, threshold = _COMPARE[alarm["ComparisonOperator"]], float(alarm["Threshold"])
    breaching = [missing if point is None else bool(compare(point, threshold)) for point in window]
    needed: int = alarm.get("DatapointsToAlarm", periods)
    return sum(breaching) >= needed


def _points(alarm: Mapping[str, Any], recorded: Mapping[str, Series], periods: int) -> list[float | None]:
    if "MetricName" in alarm:
        return [_at(recorded, alarm["MetricName"], back, periods) for back in range(periods)]
    (formula,) = [metric["Expression"] for metric in alarm["Metrics"] if "Expression" in metric]
    ids = {metric["Id"] for metric in alarm["Metrics"] if "MetricStat" in metric}
    if strangers := recorded.keys() - ids:
        raise KeyError(f"{sorted(strangers)} are no metrics of this alarm; it has {sorted(ids)}")
    body = ast.parse(formula, mode="eval").body
    return [_value(body, {one: _at(recorded, one, back, periods) for one in ids}) for back in range(periods)]


def _at(recorded: Mapping[str, Series], name: str, number: int, periods: int) -> float | None:
    series = list(recorded.get(name, ()))[-periods:]
    padded = [None] * (periods - len(series)) + series
    return padded[number]


def _value(node: ast.expr, known: Mapping[str, float | None]) -> float | None:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.BinOp):
        return _arithmetic(node, known)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](node.args, known)
    raise ValueError(f"metric math that this evaluator does not know: {ast.unparse(node)}")


def _arithmetic(node: ast.BinOp, known: Mapping[str, float | None]) -> float | None:
    left, right = _value(node.left, known), _value(node.right, known)
    if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
        return None
    return float(_ARITHMETIC[type(node.op)](left, right))


def _fill(arguments: list[ast.expr], known: Mapping[str, float | None]) -> float | None:
    series, filling = arguments
    value = _value(series, known)
    return _value(filling, known) if value is None else value


def _max(arguments: list[ast.expr], known: Mapping[str, float | None]) -> float | None:
    (series,) = arguments
    assert isinstance(series, ast.List)
    return max((v for v in (_value(one, known) for one in series.elts) if v is not None), default=None)


_FUNCTIONS = {"FILL": _fill, "MAX": _max}
