"""The house: direction of imports, weight of imports, the plan's docstring, no pickles."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import emergence
from emergence import step
from emergence.kernels import CACHE_FOLDER

PACKAGE = Path(emergence.__file__).parent


def fresh(code: str) -> str:
    """Run code in a fresh process and return what it prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_order_of_the_step_is_the_one_its_docstring_tells():
    told = re.findall(r"^\d+\. ([^:]+): (.+)$", step.__doc__, re.MULTILINE)
    phases: list[tuple[str, list[str]]] = []
    for rule in step.PLAN:
        if not phases or phases[-1][0] != rule.phase:
            phases.append((rule.phase, []))
        phases[-1][1].append(rule.name)
    assert [(phase, names) for phase, names in phases] == [(p, n.split(", ")) for p, n in told[:-1]]
    assert told[-1][0] == "observation"


def test_kernels_import_numpy_and_numba_alone():
    for file in (PACKAGE / "kernels").glob("*.py"):
        for line in file.read_text().splitlines():
            found = re.match(r"(?:from|import) (\S+)", line)
            if found and file.name != "__init__.py":
                root = found[1].split(".")[0]
                inside = found[1].startswith("emergence.kernels")
                assert inside or root in ("numpy", "numba", "typing"), f"{file.name}: {line}"


@pytest.mark.parametrize("heavy", ["numba", "mesa", "matplotlib", "pandas", "networkx", "hydra"])
def test_importing_the_package_is_light(heavy):
    assert fresh(f"import sys, emergence; print({heavy!r} in sys.modules)") == "False"


@pytest.mark.parametrize("heavy", ["mesa", "matplotlib", "pandas", "networkx"])
def test_a_headless_run_loads_no_faces(heavy):
    code = (
        "import sys, tempfile, emergence as em; from emergence.runs import write;"
        "result = em.run('firms=20', 'steps=2', f'output.folder={tempfile.mkdtemp()}'); write(result);"
        f"print({heavy!r} in sys.modules)"
    )
    assert fresh(code) == "False"


def test_nothing_unpickles():
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text()
        assert "import pickle" not in text and "allow_pickle=True" not in text, file.name


def test_kernels_and_schema_agree_on_roles_and_inputs():
    """Kernels know only arrays, so these are written twice."""
    from emergence import schema
    from emergence.kernels import supply

    assert (supply.SLOTS, supply.BUYS) == (schema.INPUTS, schema.BUYS)


def test_kernels_come_back_from_the_cache():
    """A second process finds compiled kernels; numba would otherwise compile for half a minute."""
    fresh("import emergence as em; em.run('firms=20', 'steps=1')")
    assert any(Path(CACHE_FOLDER).rglob("*.nbc"))
    code = (
        "import emergence as em; em.run('firms=20', 'steps=1');"
        "from emergence.kernels.work import update_projects as f; print(sum(f.stats.cache_misses.values()))"
    )
    assert fresh(code) == "0"


def test_a_read_only_cache_does_not_stop_a_run(folder):
    code = (
        "import os; os.environ['EMERGENCE_CACHE'] = '/proc/nowhere';"
        "from emergence.kernels import CACHE_FOLDER; print(CACHE_FOLDER)"
    )
    assert "emergence-kernels-" in fresh(code)


def test_kernels_are_found_from_any_folder(folder):
    """A cache named from the folder that one stands in stays where it is."""
    code = (
        f"import os; os.chdir({str(folder)!r}); os.environ['EMERGENCE_CACHE'] = 'cache';"
        "from emergence.kernels import CACHE_FOLDER; print(CACHE_FOLDER)"
    )
    assert fresh(code).startswith(str(folder / "cache"))
