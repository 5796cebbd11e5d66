"""Compiled kernels: plain functions over arrays, importing numpy and numba alone.

The cache folder is private to the user and keyed by a hash of the kernels' sources, because numba
does not notice a change in a helper that lives in another file.
"""

import hashlib
import os
import tempfile
from pathlib import Path


def _cache_folder() -> str:
    """Return a writable private folder for compiled kernels, made if need be."""
    # numba looks kernels up by the path of their file as well.
    digest = hashlib.sha256(str(Path(__file__)).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    # Whoever goes to another folder while kernels are read must still find them.
    root = Path(os.environ.get("EMERGENCE_CACHE", Path.home() / ".cache" / "emergence")).absolute()
    folder = root / f"kernels-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError:
        # A read-only home must not stop a run; the kernels are then compiled once per process.
        return tempfile.mkdtemp(prefix="emergence-kernels-")


CACHE_FOLDER = _cache_folder()

import numba  # noqa: E402  (the cache folder is read when a kernel is declared)

numba.config.CACHE_DIR = CACHE_FOLDER  # type: ignore[attr-defined]


def _guard_cache() -> None:
    """Let numba take a damaged file of its cache for a missing one; by itself it checks none of them."""
    from numba.core import caching

    def is_whole(data: bytes) -> bool:
        return hashlib.sha256(data[:-32]).digest() == data[-32:]

    class CheckedFile(caching.IndexDataCacheFile):  # type: ignore[misc]
        def _dump(self, obj):  # type: ignore[no-untyped-def]
            data = super()._dump(obj)
            return data + hashlib.sha256(data).digest()

        def _load_data(self, name):  # type: ignore[no-untyped-def]
            if not is_whole(Path(self._data_path(name)).read_bytes()):
                raise FileNotFoundError(name)
            return super()._load_data(name)

        def _load_index(self):  # type: ignore[no-untyped-def]
            try:
                with open(self._index_path, "rb") as file:
                    caching.pickle.load(file)
                    return super()._load_index() if is_whole(file.read()) else {}
            except Exception:
                return {}

    caching.IndexDataCacheFile = CheckedFile  # type: ignore[misc]


_guard_cache()


def compiled_before() -> bool:
    """Tell whether an earlier process left compiled kernels in the cache folder."""
    return any(Path(CACHE_FOLDER).rglob("*.nbc"))
