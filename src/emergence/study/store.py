"""The folder of a study: shards, manifest, summary. What is in it is whole, or it is computed again.

A shard is named by the SHA-256 of its bytes, so it vouches for itself; the rows carry the ids of their runs. So
nothing that was finished is lost even with the manifest, and nothing that was damaged is taken for good.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from emergence import store
from emergence.errors import Refusal
from emergence.study.faults import reach

RUN, POINT, REPLICATE, SEED = "run", "point", "replicate", "seed"
NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class DiskFull(Exception):
    """There is no room for more; what was finished is kept."""


@dataclass
class Shard:
    """Rows of a shard: ids of runs, outcomes, courses of kept measures."""

    ids: list[str]
    values: np.ndarray
    courses: list[np.ndarray] = field(default_factory=list)


class StudyFolder:
    """A study on disk, owned by this process.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Outcomes.
    kept : sequence of str
        Monthly measures of which the course is kept.
    """

    def __init__(self, path: Path, names: Sequence[str], kept: Sequence[str] = ()) -> None:
        self.path, self.names, self.kept = path, list(names), list(kept)
        self.shards: dict[str, int] = {}  # file name to rows
        self.manifest: dict[str, Any] = {}
        self._lock: Any = None

    def own(self) -> None:
        """Make the folder and lock it, by the operating system: the lock ends with the process."""
        import filelock

        try:
            (self.path / "runs").mkdir(parents=True, exist_ok=True)
            self._lock = filelock.FileLock(self.path / ".lock")
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            raise Refusal(
                f"{self.path}: another process is working on this study; wait for it, or give study.folder=ANOTHER"
            ) from None
        except OSError as error:
            raise Refusal(f"study.folder={self.path}: cannot be written to ({error.strerror})") from None

    def release(self) -> None:
        """Give the folder free."""
        if self._lock is not None:
            self._lock.release()

    def scan(self) -> Iterator[tuple[str, Shard | None]]:
        """Yield (file name, rows) of each shard; None for one that is damaged, or was listed and is gone."""
        files = {file.name for file in (self.path / "runs").glob("*.parquet")}
        for left in (self.path / "runs").glob("*.tmp"):
            left.unlink(missing_ok=True)
        listed = {name.removeprefix("runs/") for name in self.manifest.get("rows", {})}
        for name in sorted(files | listed):
            yield name, read_shard(self.path / "runs" / name, self.names, self.kept)

    def drop(self, name: str) -> None:
        """Take a shard out that cannot be trusted."""
        self.shards.pop(name, None)
        (self.path / "runs" / name).unlink(missing_ok=True)

    def add(self, columns: Mapping[str, Any]) -> None:
        """Write a shard, whole, and enter it into the manifest."""
        data = as_parquet(columns)
        name = hashlib.sha256(data).hexdigest() + ".parquet"
        write_whole(data, self.path / "runs" / name)
        self.shards[name] = len(columns[RUN])
        self.write_manifest()

    def read_manifest(self) -> str | None:
        """Read the manifest; return what is wrong with it, if anything is."""
        path = self.path / "manifest.json"
        if not path.exists():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found.pop("digest") == _digest(found):
                self.manifest = found
                return None
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            pass
        return "manifest.json is damaged and is written anew; every run is known by its own id"

    def write_manifest(self, **more: Any) -> None:
        """Write the manifest, whole."""
        reach("before_manifest")
        self.manifest |= more
        self.manifest["rows"] = {f"runs/{name}": rows for name, rows in sorted(self.shards.items())}
        self.manifest["sha256"] = {f"runs/{name}": name.removesuffix(".parquet") for name in sorted(self.shards)}
        for name in ("design.parquet", "summary.parquet", "series.parquet"):
            if name in self.manifest.get("tables", {}):
                self.manifest["sha256"][name] = self.manifest["tables"][name]
        whole = self.manifest | {"digest": _digest(self.manifest)}
        write_whole(json.dumps(whole, indent=1, sort_keys=True).encode(), self.path / "manifest.json")

    def write_table(self, columns: Mapping[str, Any], name: str) -> None:
        """Write a table of the study, whole, and note its checksum for the manifest."""
        data = as_parquet(columns)
        path = self.path / name
        if not path.exists() or path.read_bytes() != data:
            write_whole(data, path)
        self.manifest.setdefault("tables", {})[name] = hashlib.sha256(data).hexdigest()


def as_parquet(columns: Mapping[str, Any]) -> bytes:
    """Return columns as the bytes of a Parquet file with page checksums."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    table = store.arrow_table({name: as_column(values) for name, values in columns.items()})
    pq.write_table(table, out, write_page_checksum=True, compression="zstd")
    return out.getvalue()


def as_column(values: Any) -> Any:
    """Return a column that pyarrow takes: lists of arrays become lists of numbers."""
    if isinstance(values, list) and values and isinstance(values[0], np.ndarray):
        import pyarrow as pa

        ends = np.cumsum([0, *map(len, values)], dtype=np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(np.concatenate(values)))
    return np.asarray(values, dtype=object) if isinstance(values, list) else values


def read_shard(path: Path, names: Sequence[str], kept: Sequence[str]) -> Shard | None:
    """Return the rows of a shard, or None if anything about it is not as it was written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != path.stem:
            return None
        table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
        values = [table.column(name).to_numpy() for name in names if name in table.column_names]
        if len(values) < len(names) or any(name not in table.column_names for name in ("step", *kept) if kept):
            return Shard([], np.zeros((0, len(names))))
        lists = [table.column(name).to_pylist() for name in ("step", *kept)] if kept else []
        courses = [np.array(row, float).T for row in zip(*lists, strict=True)]
        return Shard(table.column(RUN).to_pylist(), np.column_stack(values), courses)
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None


def write_whole(data: bytes, path: Path) -> None:
    """Write a file under a temporary name, sync, rename, sync the folder; it is there whole, or not at all."""
    temporary = path.with_name(path.name[:32] + ".tmp")
    try:
        reach("before_write")
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        reach("after_write")
        os.replace(temporary, path)
        reach("after_rename")
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise DiskFull(
                f"no room to write {path} ({error.strerror}): {len(data):,} bytes and as much for the manifest are "
                "needed at least; what was finished is kept, make room and give the same command"
            ) from None
        raise


def sync_folder(path: Path) -> None:
    """Make a renamed file outlast a loss of power, where the system allows it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems cannot, and need not
    finally:
        os.close(handle)


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def now() -> str:
    """Return the time of day, for people; nothing is decided by it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
