"""What the command line tells about the program itself: plan, choices, keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from emergence.build import condition_table, make_simulation
from emergence.compose import groups
from emergence.config import Settings, config_folder, get, known_keys
from emergence.measures import own as own_measures
from emergence.measures.monthly import MONTHLY
from emergence.measures.taken import known
from emergence.rules.own import OWN
from emergence.step import PLAN
from emergence.twinning import TWINS

SHORT_RUN = 12  # months that are timed, after one to warm up
SHORT_FIRMS = 1000  # at most


def explain_lines(settings: Settings) -> Iterator[str]:
    """Yield the phases of a month: each rule, what it reads and writes, and its time in a short run."""
    settings.firms = min(settings.firms, SHORT_FIRMS)
    simulation = make_simulation(settings).advance(1)
    simulation.seconds.clear()
    simulation.advance(SHORT_RUN)
    whole = sum(simulation.seconds.values())
    phase = ""
    for row in simulation.explain():
        if row["phase"] != phase:
            phase = row["phase"]
            yield f"\n{phase}"
        spent = simulation.seconds.get(row["rule"], 0.0)
        yield f"  {row['rule']:<14} {_cost(spent, whole) if row['on'] else 'off':<16} {row['about']}"
        for label in ("reads", "writes", "moves", "source"):
            text = row[label] if isinstance(row[label], str) else (" " if label == "moves" else ", ").join(row[label])
            if text.strip(", "):
                yield f"  {'':<31} {label:<6} {text}"
    yield "\nobservation"
    yield f"  {'measures':<14} {_cost(simulation.seconds['measures'], whole):<16} the columns of steps.parquet"
    yield f"\ntime: milliseconds a month and share, over {SHORT_RUN} months with {simulation.world.size} firms"
    yield "\nconditions and the parameters that they set"
    for row in condition_table(settings):
        change = f"{row['before']:g} -> {row['after']:.3g}"
        yield f"  {row['condition']:<18} {row['level']:<5g} {row['parameter']:<36} {change:<18} {row['moves']}"


def _cost(seconds: float, whole: float) -> str:
    return f"{1000 * seconds / SHORT_RUN:6.2f} ms {seconds / whole:4.0%}"


def list_lines() -> Iterator[str]:
    """Yield what there is to choose from, one line each."""
    for group, options in groups().items():
        yield group
        width = max(18, *map(len, options))
        for option in options:
            yield f"  {option:<{width}} {_first_words(config_folder() / group / f'{option}.yaml')}"
    yield "study (emergence sweep)"
    for file in sorted((config_folder() / "study").glob("*.yaml")):
        yield f"  {file.stem:<18} {_first_words(file)}"
    yield "rules"
    for rule in PLAN:
        yield f"  {rule.name:<18} {rule.about}"
    for own in OWN.values():
        yield f"  {own.name:<18} {own.about} (yours)"
    yield "measures (columns of steps.parquet)"
    for name, (unit, meaning) in MONTHLY.items():
        yield f"  {name:<18} {meaning} [{unit}]"
    for name, (unit, _) in own_measures.OWN.items():
        yield f"  {name:<18} yours [{unit}]"
    yield "more measures, on demand (output.also=[{measure: NAME}], with of, every, layer, sector, region, kind)"
    for name, (unit, meaning, every) in known().items():
        often = "every month" if every == 1 else f"every {every} months"
        yield f"  {name:<18} {meaning} [{unit or 'as the column'}; {often} unless told otherwise]"
    yield "twins (emergence.twins)"
    for twin in TWINS.values():
        yield f"  {twin.name:<18} {twin.about}"


def _first_words(file: Path) -> str:
    """Return the first comment of a config that is not a directive."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") and "@package" not in line:
            return line.lstrip("# ")
    return ""


def key_lines() -> Iterator[str]:
    """Yield every key with default, meaning, range and unit."""
    for name, options in groups().items():
        yield f"{name}=  {', '.join(options)}"
    yield ""
    defaults = Settings()
    for key, item in known_keys().items():
        yield key_line(key, item, get(defaults, key))
    for key, item in known_keys().items():
        if "item" in item.metadata:
            kind = item.metadata["item"]
            yield f"\nEach of {key}=[{{...}}]:"
            yield from (key_line(f"{key}[].{one.name}", one, getattr(kind(), one.name)) for one in fields(kind))


def key_line(key: str, item: Field[Any], default: object) -> str:
    """Return a key with default, meaning, range and unit."""
    about = item.metadata
    span = f"{about['low']:g} to {about['high']:g}" if "low" in about and "optional" not in about else ""
    span = ", ".join(about.get("choices", ())) or span
    unit = about.get("unit", "")
    unit = "" if unit in ("", "1") else f" {unit}"
    return f"{key:<38} {default!s:<12} {about['meaning']} [{span}{unit}]".removesuffix(" []")
