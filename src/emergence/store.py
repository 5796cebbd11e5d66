"""Run folders: tables as Parquet, a manifest as JSON; every file is written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from emergence.config import Settings, find_data
from emergence.measures.monthly import MONTHLY
from emergence.measures.taken import column_names
from emergence.rules.base import EVENTS
from emergence.rules.own import OWN
from emergence.schema import CULTURE, INPUTS, KINDS, LAYERS, PURPOSE, SKILLS, VALUES
from emergence.step import Simulation

Columns = dict[str, np.ndarray]
_PARTS = {
    "skills": SKILLS,
    "base_skills": SKILLS,
    "culture": CULTURE,
    "purpose": PURPOSE,
    "propensities": 4,
    "inventory": INPUTS,
}
# What a run writes and how it is computed must not change its identity.
_NOT_IDENTITY = ("threads", "debug")
_NOT_IDENTITY_OF_OUTPUT = ("folder", "report", "film", "pictures")


def run_hash(settings: Settings) -> str:
    """Return twelve hex digits that name a run: code version, settings, seed."""
    identity = {k: v for k, v in asdict(settings).items() if k not in _NOT_IDENTITY}
    identity["output"] = {k: v for k, v in identity["output"].items() if k not in _NOT_IDENTITY_OF_OUTPUT}
    identity["own"] = {name: OWN[name].digest() for name in settings.extra}
    identity["files"] = input_checksums(settings)
    text = json.dumps([version(), identity], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def input_checksums(settings: Settings) -> dict[str, str]:
    """Return the SHA-256 of the network's files as they are now."""
    network = settings.network
    named = (network.ties, network.firms) if network.kind == "file" else ()
    paths = [find_data(name) for name in named if name]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


def version() -> str:
    """Return the installed version of the program."""
    try:
        return metadata.version("emergence")
    except metadata.PackageNotFoundError:
        return "unknown"


def firms_table(simulation: Simulation) -> Columns:
    """Return the firms' columns with names, one row a firm in the order of uids."""
    world = simulation.world
    firms = world.firms
    order = np.argsort(firms.uid)
    table: Columns = {
        "uid": firms.uid[order],
        "name": np.array([world.name_of(int(uid)) for uid in firms.uid[order]], dtype=object),
        "kind": np.array(KINDS, dtype=object)[firms.kind[order]],
    }
    for name in firms.spec:
        column = firms.column(name)[order]
        if name == "accounts":
            table |= values_of(column)
        elif name in _PARTS:
            table |= {f"{name}_{k + 1}": column[:, k].copy() for k in range(_PARTS[name])}
        elif name not in ("uid", "kind", "slot"):
            table[name] = column
    for name in world.words:
        words = [world.word_for(name, int(code)) for code in table[name]]
        table[f"{name}_name"] = np.array(words, dtype=object)
    for name, texts in world.extra.items():
        column = np.array([texts.get(int(uid), "") for uid in table["uid"]], dtype=object)
        table[name if name not in table else f"{name}_in_file"] = column
    for layer, ties in zip(LAYERS, world.ties, strict=True):
        table[f"degree_{layer}"] = ties.degree()[order]
    return table


def values_of(accounts: np.ndarray, side: str = "") -> Columns:
    """Return accounts (float[rows, kinds]) as one column a kind."""
    return {f"value_{kind}{side}": accounts[:, k].copy() for k, kind in enumerate(VALUES)}


def ties_table(simulation: Simulation) -> Columns:
    """Return all ties, one row each, by layer and uids; `_a` is the side of the smaller uid."""
    world = simulation.world
    rows: list[Columns] = []
    for layer, ties in zip(LAYERS, world.ties, strict=True):
        owner = ties.owner()
        uid = world.firms.uid
        one = np.flatnonzero(uid[owner] < uid[ties.nbr])
        one = one[np.lexsort((uid[ties.nbr[one]], uid[owner[one]]))]
        mate = world.mate(LAYERS.index(layer), one)
        trust = ties.trust()
        rows.append(
            {
                "a": uid[owner[one]],
                "b": uid[ties.nbr[one]],
                "layer": np.full(one.size, layer, dtype=object),
                "strength": ties.w[one],
                "trust_ab": trust[one],
                "trust_ba": trust[mate],
                "value_a": ties.value[one],
                "value_b": ties.value[mate],
                "born": ties.born[one],
                "direction": np.array(["both", "b to a", "a to b"], dtype=object)[
                    ties.role[one] if "role" in ties.spec else np.zeros(one.size, int)
                ],
            }
        )
        if "accounts" in ties.spec:
            rows[-1] |= values_of(ties.accounts[one], "_a") | values_of(ties.accounts[mate], "_b")
    return {name: np.concatenate([r[name] for r in rows]) for name in rows[0]}


def events_table(simulation: Simulation) -> Columns:
    """Return what happened: step, kind, a, b, layer, value; uids are -1 where there is none."""
    columns = simulation.events.columns()
    return {
        "step": columns["step"],
        "kind": np.array(EVENTS, dtype=object)[columns["kind"]],
        "a": columns["a"],
        "b": columns["b"],
        "layer": np.array([*LAYERS, ""], dtype=object)[columns["layer"]],
        "value": columns["value"],
    }


def steps_table(simulation: Simulation) -> Columns:
    """Return the monthly measures, one row a measured month."""
    rows = simulation.rows
    output = simulation.settings.output
    names = [*MONTHLY, *column_names(output.also), *output.measures]
    table = {name: np.array([row[name] for row in rows], float) for name in names}
    table["step"] = table["step"].astype(np.int64)
    return table


def write_table(columns: Columns, path: Path) -> None:
    """Write columns as Parquet with page checksums: temporary name, sync, rename."""
    import pyarrow.parquet as pq

    temporary = path.with_suffix(".tmp")
    pq.write_table(arrow_table(columns), temporary, write_page_checksum=True, compression="zstd")
    publish(temporary, path)


def arrow_table(columns: Columns) -> Any:
    """Return columns as a table of pyarrow; columns that pyarrow made itself are taken as they are."""
    import pyarrow as pa

    arrays = [column if isinstance(column, pa.Array) else _arrow(column) for column in columns.values()]
    return pa.Table.from_arrays(arrays, names=list(columns))


def _arrow(column: np.ndarray) -> Any:
    """Return a column for pyarrow, whose own conversion of arrays and lists would load pandas."""
    import pyarrow as pa

    if column.dtype == object:
        texts = [text.encode() for text in column.tolist()]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(texts)))
    buffers = [None, pa.py_buffer(np.ascontiguousarray(column))]
    return pa.Array.from_buffers(pa.from_numpy_dtype(column.dtype), column.size, buffers)


def write_text(text: str, path: Path) -> None:
    """Write text: temporary name, sync, rename."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    publish(temporary, path)


def publish(temporary: Path, path: Path) -> None:
    """Make a finished file appear under its name at once."""
    with open(temporary, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def manifest(simulation: Simulation, folder: Path, times: dict[str, Any]) -> dict[str, Any]:
    """Return what it takes to know and repeat a run, with the checksum of every table."""
    libraries = ("numpy", "numba", "mesa", "networkx", "hydra-core", "pyarrow")
    files = sorted(folder.glob("*.parquet"))
    return {
        "program": "emergence",
        "version": version(),
        "run": folder.name,
        "seed": simulation.settings.seed,
        "config": asdict(simulation.settings),
        "input_sha256": input_checksums(simulation.settings),
        "own_rules": {name: OWN[name].digest() for name in simulation.settings.extra},
        "rules_after_conditions": asdict(simulation.rules),
        "versions": {"python": sys.version.split()[0]} | {name: metadata.version(name) for name in libraries},
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "times": times,
        "sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
    }


def write_run(
    simulation: Simulation, folder: Path, times: dict[str, Any], more: Mapping[str, Columns] | None = None
) -> None:
    """Write the tables of a run, more tables by name, and, last, its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in (more or {}).items():
        write_table(columns, folder / f"{name}.parquet")
    write_table(steps_table(simulation), folder / "steps.parquet")
    write_table(firms_table(simulation), folder / "firms.parquet")
    write_table(ties_table(simulation), folder / "ties.parquet")
    write_table(events_table(simulation), folder / "events.parquet")
    text = json.dumps(manifest(simulation, folder, times), indent=1, sort_keys=True)
    write_text(text, folder / "manifest.json")
