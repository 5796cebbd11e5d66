"""Documentation that is generated is up to date, and what README and docs name exists."""

import re
import subprocess
import sys
from pathlib import Path

from emergence.config import known_keys
from emergence.step import PLAN

ROOT = Path(__file__).parents[1]


def test_generated_documentation_is_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "docs" / "make.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_links_lead_somewhere():
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([\w/.-]+\.(?:md|png|cff))\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_keys_in_the_documentation_exist():
    """Keys with a dot in code of README and docs, but for a rule of one's own."""
    keys = set(known_keys())
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for key in re.findall(r"\b((?:rules|conditions|founders|network|output)\.[a-z_.]+)=", document.read_text()):
            assert key in keys, f"{document.name}: {key}"


def test_every_rule_is_described():
    text = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8").lower()
    for rule in PLAN:
        assert f"`{rule.name}`" in text
