"""What can be taken home: the scenario as YAML, the data as CSV, and the report of the same run."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import io
import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from emergence import store
from emergence.config import Settings, Shock, get, walk
from emergence.files.table import guard
from emergence.measures.monthly import MONTHLY
from emergence.page.lane import Lane
from emergence.report.reproduce import scenario_settings

# What the machine of the one who runs it decides, and what only the page needs.
OF_THE_MACHINE = ("threads", "debug", "plugins", "extra", "output", "twins")
LONGEST = 600.0  # seconds that a report may take

HEAD = """# A world as it was on the page after {month} months. Run it again, to the last digit, with
#   emergence run scenario={name}.yaml
# Levers that were pulled on the way stand on the timeline, with their month.
"""
BESIDE = "# Put {file} beside this file.\n"


def scenario_yaml(lane: Lane, name: str, own_file: str = "") -> str:
    """Return the scenario of a world, with all that was done to it, as `run` reads it."""
    import yaml

    settings = lane.simulation.settings
    base = scenario_settings(None)
    values: dict[str, Any] = {"scenario": name, "about": settings.about, "seed": settings.seed, "steps": lane.month}
    values |= changed(settings, base)
    values["scenario"], values["steps"] = name, lane.month
    if own_file:
        values["network"]["ties"] = own_file
    head = HEAD.format(month=lane.month, name=name) + (BESIDE.format(file=own_file) if own_file else "")
    return head + yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)


def changed(settings: Settings, base: Settings) -> dict[str, Any]:
    """Return what differs from a base, as a nested dict."""
    values: dict[str, Any] = {}
    for key, _, _ in walk():
        if key.split(".")[0] in OF_THE_MACHINE or get(settings, key) == get(base, key):
            continue
        *path, last = key.split(".")
        section = values
        for part in path:
            section = section.setdefault(part, {})
        section[last] = plain(get(settings, key))
    return values


def plain(value: Any) -> Any:
    """Return a value as YAML writes it; of dated entries only what differs from their defaults."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        base = dataclasses.asdict(type(value)())
        needed = ("month", "kind") if isinstance(value, Shock) else ()
        return {k: v for k, v in dataclasses.asdict(value).items() if v != base[k] or k in needed}
    return value


def data_zip(lane: Lane, yaml_text: str, name: str) -> bytes:
    """Return months, firms and ties as CSV, with the scenario, in one archive."""
    buffer = io.BytesIO()
    months = [list(row) for row in lane.rows]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("steps.csv", csv_text(list(MONTHLY), months))
        for table, columns in (
            ("firms", store.firms_table(lane.simulation)),
            ("ties", store.ties_table(lane.simulation)),
        ):
            rows = zip(*(column.tolist() for column in columns.values()), strict=True)
            archive.writestr(f"{table}.csv", csv_text(list(columns), rows))
        archive.writestr(f"{name}.yaml", yaml_text)
    return buffer.getvalue()


def csv_text(heads: list[str], rows: Any) -> str:
    """Return a table as CSV, in which no spreadsheet finds a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([guard(one) if isinstance(one, str) else one for one in row] for row in rows)
    return out.getvalue()


async def report_html(yaml_text: str, own_file: Path | None, own_name: str) -> bytes:
    """Return the report of the exported scenario, from a run of its own in a process of its own.

    Raises
    ------
    RuntimeError
        With the last line of what the run said.
    """
    with tempfile.TemporaryDirectory(prefix="emergence-report-") as folder:
        scenario = Path(folder) / "from_the_page.yaml"
        scenario.write_text(yaml_text, encoding="utf-8")
        if own_file is not None:
            (Path(folder) / own_name).write_bytes(own_file.read_bytes())
        command = [sys.executable, "-m", "emergence.cli", "run", f"scenario={scenario}", f"output.folder={folder}/runs"]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE, env=os.environ | {"NUMBA_NUM_THREADS": "1"},
        )  # fmt: skip
        try:
            _, errors = await asyncio.wait_for(process.communicate(), LONGEST)
        except BaseException:
            process.kill()
            raise
        reports = sorted(Path(folder, "runs").glob("*/report.html"))
        if process.returncode or not reports:
            lines = errors.decode(errors="replace").strip().splitlines()
            raise RuntimeError(lines[-1] if lines else "the run ended without a report")
        return reports[0].read_bytes()
