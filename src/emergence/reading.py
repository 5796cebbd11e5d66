"""A nested dict to checked settings, or a refusal that names key, value and the nearest valid choice."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from emergence.config import EXTRA_RULES, Rules, Settings, get, known_keys, num, word
from emergence.errors import Refusal, nearest
from emergence.policies import AT_THE_START, rules_in_force
from emergence.schema import LAYERS

_TEXT = word("", (), "")
MOST_FAULTS = 100  # of one key that are listed


def read_settings(values: Mapping[str, Any]) -> Settings:
    """Check a nested dict and return settings.

    Parameters
    ----------
    values : mapping
        As composed from configs and overrides; missing keys keep their defaults.

    Raises
    ------
    Refusal
        Naming the key, the value and the valid range or the nearest valid name.
    """
    settings = _read(Settings, values, "")
    check_whole(settings.rules)
    check_policies(settings)
    return settings


def check_whole(rules: Rules) -> None:
    """Refuse rules whose settings do not go together."""
    routine = rules.innovation
    if routine.shortest > routine.longest:
        raise Refusal(
            "rules.innovation.shortest must not exceed rules.innovation.longest "
            f"({routine.shortest} > {routine.longest})"
        )
    for name, first, second in (
        *((f"search.{layer}", "partners", "preferential") for layer in LAYERS),
        ("innovation", "copy", "recombine"),
    ):
        shares = get(rules, name)
        if getattr(shares, first) + getattr(shares, second) > 1 + 1e-12:
            raise Refusal(f"rules.{name}: {first} + {second} must not exceed 1: they are shares of one whole")


def check_policies(settings: Settings) -> None:
    """Check the keys and values of the policies on the timeline, and what they make of the rules together."""
    known = {key: item for key, item in known_keys().items() if key.startswith("rules.")}
    policies = [(k, shock) for k, shock in enumerate(settings.timeline) if shock.kind == "policy"]
    for k, shock in enumerate(settings.timeline):
        if shock.kind != "policy" and (shock.key or shock.value is not None):
            raise Refusal(f"timeline[{k}]: only a policy has key and value, not a {shock.kind}; write kind: policy")
    for k, policy in policies:
        if policy.key not in known or known[policy.key].metadata.get("several"):
            raise Refusal(
                f"timeline[{k}].key: a policy sets a number, a switch or a word below rules, not '{policy.key}'; "
                f"{nearest(policy.key, known)}"
            )
        if policy.key in AT_THE_START:
            raise Refusal(f"timeline[{k}].key: {policy.key} only shapes the start, so no policy can change it")
        policy.value = check_value(f"timeline[{k}].value, {policy.key}", policy.value, known[policy.key])
    for k, policy in policies:
        for month in {policy.month, policy.month + policy.duration}:
            try:
                check_whole(rules_in_force(settings.rules, settings.timeline, month))
            except Refusal as error:
                raise Refusal(f"timeline[{k}], in month {month}: {error}") from None


def _as_list(key: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise Refusal(f"{key}: a list is needed here, not {value!r}")
    return value


def _as_section(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refusal(f"{key or 'the settings'}: a section is needed here, not {value!r}")
    return value


def _read_extra(key: str, values: Any) -> dict[str, float]:
    """Read the parameters of a rule from outside; a rule that nobody registered is refused later."""
    given = dict(_as_section(key, values))
    known = EXTRA_RULES.get(key.removeprefix("extra."), dict(given))
    for name in given:
        if name not in known:
            raise Refusal(f"unknown key '{key}.{name}': {nearest(str(name), known)}")
    anything = num(0.0, -math.inf, math.inf, "", "")
    return {str(name): check_value(f"{key}.{name}", value, anything) for name, value in {**known, **given}.items()}


def faults_in(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (key, what is wrong) for all in a nested dict that no setting can be, up to a hundred of them."""
    found: list[tuple[str, str]] = []
    try:
        _read(Settings, values, "", faults=found)
    except Refusal:  # one more than are listed
        pass
    return found


def fault_together(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (key, what is wrong) if settings that are fine one by one do not go together."""
    try:
        read_settings(values)
    except Refusal as refusal:
        return re.split(r"[^\w.\[\]]", str(refusal))[0], str(refusal)
    return None


def _read(kind: type, values: Any, prefix: str, made: Any = None, faults: list[tuple[str, str]] | None = None) -> Any:
    """Read a section; what the values leave out stays as in `made`, or as declared.

    The first fault is raised, or all are noted where there is a list for them.
    """
    _as_section(prefix.rstrip("."), values)
    hints = get_type_hints(kind)
    made = kind() if made is None else made
    for name, value in values.items():
        try:
            _read_key(made, hints, name, value, prefix, faults)
        except Refusal as refusal:
            if faults is None or len(faults) >= MOST_FAULTS:
                raise
            faults.append((f"{prefix}{name}", str(refusal)))
    return made


def _read_key(
    made: Any, hints: Mapping[str, Any], name: str, value: Any, prefix: str, faults: list[tuple[str, str]] | None
) -> None:
    """Set one key of a section to a checked value."""
    key, known = f"{prefix}{name}", {item.name: item for item in fields(made)}
    if name not in known:
        raise Refusal(f"unknown key '{key}': {nearest(str(name), known)}")
    item, hint = known[name], hints[name]
    if is_dataclass(hint):
        setattr(made, name, _read(hint, value, key + ".", getattr(made, name), faults))  # type: ignore[arg-type]
    elif name in ("plugins", "measures"):
        setattr(made, name, [check_value(key, one, _TEXT) for one in _as_list(key, value)])
    elif name == "extra":
        made.extra = {str(own): _read_extra(f"extra.{own}", values) for own, values in _as_section(key, value).items()}
    elif "item" in item.metadata:
        kind, items = item.metadata["item"], []
        for i, one in enumerate(_as_list(key, value)):
            items.append(_read(kind, one, f"{key}[{i}].", faults=faults))
        setattr(made, name, items)
    else:
        setattr(made, name, check_value(key, value, item))


def check_value(key: str, value: Any, item: dataclasses.Field[Any]) -> Any:
    """Return `value` in the type of its declaration, or refuse with range or nearest name."""
    about = item.metadata
    if about.get("anything"):
        if isinstance(value, bool | int | float | str) or value is None:
            return value
        raise Refusal(f"{key}: a number, true, false or a word is needed, not {value!r}")
    if "optional" in about:
        if value is None:
            return None
        if about["optional"] is str:
            # YAML reads an id such as 5 as a number.
            return _check_text(key, str(value) if type(value) is int else value, ())
        return _check_number(key, value, True, about)
    if about.get("several"):
        choices = about["choices"]
        if not isinstance(value, list | tuple) or len(value) < about["least"]:
            raise Refusal(f"{key}: a list of {' or '.join(choices)} is needed, such as [{choices[0]}], not {value!r}")
        chosen = {_check_text(key, one, choices) for one in value}
        return [one for one in choices if one in chosen]
    if isinstance(item.default, bool):
        if not isinstance(value, bool):
            raise Refusal(f"{key}: true or false is needed, not {value!r}")
        return value
    if isinstance(item.default, int | float):
        return _check_number(key, value, isinstance(item.default, int), about)
    return _check_text(key, value, about["choices"])


def _check_text(key: str, value: Any, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise Refusal(f"{key}: a word is needed, not {value!r}")
    if choices and value not in choices:
        raise Refusal(f"{key}: there is no '{value}'; {nearest(value, choices)}")
    return value


def _short(value: float) -> str:
    """Write a number so that neighbours of a bound can be told from it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _as_number(value: Any) -> Any:
    """Read a word as a number if it is one (YAML reads 1e9 as a word), in the digits that all can read."""
    try:
        return float(value) if isinstance(value, str) and value.isascii() else value
    except ValueError:
        return value


def _check_number(key: str, value: Any, whole: bool, about: Mapping[str, Any]) -> int | float:
    low, high, unit = about["low"], about["high"], about["unit"]
    kind = "a whole number" if whole else "a number"
    unit = f" ({unit})" if unit not in ("", "1") else ""
    span = f"{kind} from {_short(low)} to {_short(high)}{unit}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        value = _as_number(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refusal(f"{key}: {span} is needed, not {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal(f"{key}: {span} is needed, not {value!r}")
    if not low <= value <= high:
        raise Refusal(f"{key}: {_short(value)} is out of range; {span} is needed")
    if whole:
        if value != int(value):
            raise Refusal(f"{key}: {span} is needed, not {value!r}")
        return int(value)
    return float(value)
