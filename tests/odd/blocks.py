"""The formulas of docs/odd.md: read from its fenced blocks and evaluated, numbers, names and a few functions alone.

A block marked `formula` holds definitions ``name(arguments) = expression``; further lines of one are indented. An
argument with a value is a setting with its default. Arguments may be arrays; `mean`, `sum` and `prod` take the last
axis.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

DOCUMENT = Path(__file__).parents[2] / "docs" / "odd.md"
BLOCK = re.compile(r"^```formula\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OPERATORS: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
}  # fmt: skip
FUNCTIONS: dict[str, Any] = {
    "abs": np.abs, "ceil": np.ceil, "clip": np.clip, "cos": np.cos, "exp": np.exp, "floor": np.floor, "log": np.log,
    "logistic": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "max": lambda *of: reduce(np.maximum, of), "min": lambda *of: reduce(np.minimum, of),
    "mean": lambda x: np.mean(x, axis=-1), "prod": lambda x: np.prod(x, axis=-1),
    "sum": lambda x: np.sum(x, axis=-1), "sign": np.sign, "sin": np.sin, "sqrt": np.sqrt,
    "where": lambda this, then, other: np.where(this, then, other),
}  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """One formula of the description.

    Attributes
    ----------
    name : str
    arguments : tuple of str
    settings : dict of str to expression
        Arguments that have a default.
    body : expression
    """

    name: str
    arguments: tuple[str, ...]
    settings: dict[str, ast.expr]
    body: ast.expr

    def numbers(self) -> list[ast.Constant]:
        """Return the numbers in the body, in the order of the text."""
        return [node for node in ast.walk(self.body) if isinstance(node, ast.Constant)]


def definitions(block: str) -> Iterator[str]:
    """Yield the definitions of a block, each as one line."""
    lines: list[str] = []
    for line in block.splitlines():
        if line.startswith(" "):
            lines.append(line.strip())
        elif line.strip():
            if lines:
                yield " ".join(lines)
            lines = [line.strip()]
    if lines:
        yield " ".join(lines)


def parse(definition: str) -> Formula:
    """Return the formula that one definition writes."""
    found = re.fullmatch(r"(\w+)\(([^()]*)\) = (.+)", definition)
    assert found, f"not name(arguments) = expression: {definition}"
    function = ast.parse(f"lambda {found[2]}: ({found[3]})", mode="eval").body
    assert isinstance(function, ast.Lambda)
    names = tuple(argument.arg for argument in function.args.args)
    defaults = function.args.defaults
    settings = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    return Formula(found[1], names, settings, function.body)


def read(text: str) -> list[Formula]:
    """Return all formulas of a document, in its order."""
    return [parse(definition) for block in BLOCK.findall(text) for definition in definitions(block)]


def evaluate(
    formulas: Mapping[str, Formula], name: str, given: Mapping[str, Any], changed: Mapping[ast.AST, float] | None = None
) -> Any:
    """Return the value of a formula; settings that are not given have their default.

    Parameters
    ----------
    formulas : mapping of str to Formula
        All that it may use.
    name : str
    given : mapping of str to number or array
    changed : mapping of node to number, optional
        Numbers of the text, and what is read in their place.
    """
    formula, changed = formulas[name], changed or {}
    unknown = set(given) - set(formula.arguments)
    assert not unknown, f"{name} has no argument {', '.join(sorted(unknown))}"
    values = {key: walk(node, {}, formulas, changed) for key, node in formula.settings.items()} | dict(given)
    return walk(formula.body, values, formulas, changed)


def walk(node: ast.AST, values: Mapping[str, Any], formulas: Mapping[str, Formula], changed: Mapping) -> Any:
    """Return the value of an expression of numbers, names, arithmetic, comparisons and calls by name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return changed.get(node, float(node.value))
    if isinstance(node, ast.Name):
        return np.pi if node.id == "pi" else values[node.id]
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](walk(node.operand, values, formulas, changed))
    if isinstance(node, ast.BinOp):
        left, right = (walk(side, values, formulas, changed) for side in (node.left, node.right))
        return OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = (walk(side, values, formulas, changed) for side in (node.left, node.comparators[0]))
        return OPERATORS[type(node.ops[0])](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        of = [walk(argument, values, formulas, changed) for argument in node.args]
        if node.func.id in FUNCTIONS:
            return FUNCTIONS[node.func.id](*of)
        other = formulas[node.func.id]
        return evaluate(formulas, other.name, dict(zip(other.arguments, of, strict=False)), changed)
    raise AssertionError(f"a formula may not hold {ast.dump(node)}")
