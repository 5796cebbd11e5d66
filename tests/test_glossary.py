"""docs/glossary.md: every column of steps, every measure and every condition is explained, in the order of the alphabet."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from emergence import measures
from emergence.config import Conditions
from emergence.measures.monthly import MONTHLY
from emergence.measures.taken import known

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^- \*\*(.+?)\*\*(?: \((.+?)\))?: (.+)$", TEXT, re.MULTILINE)
EXPLAINED = {name for _term, names, _text in ENTRIES for name in re.findall(r"`(\w+)`", names)}
NAMES = {*MONTHLY, *known(), *measures.__all__, *(item.name for item in fields(Conditions))}
WORDS = "tie, layer, closure, brokerage, replicate, common random numbers, twin, ghost line, seed, scenario, interval"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name_that_is_written_or_measured_is_explained(name):
    assert name in EXPLAINED


def test_what_is_explained_exists():
    assert EXPLAINED <= NAMES, EXPLAINED - NAMES


def test_words_of_the_field_are_explained():
    assert set(WORDS.split(", ")) <= {term for term, _names, _text in ENTRIES}


def test_entries_stand_in_the_order_of_the_alphabet_and_are_short():
    terms = [term.casefold() for term, _names, _text in ENTRIES]
    assert terms == sorted(terms) and len(set(terms)) == len(terms)
    assert TEXT.count("\n- ") == len(ENTRIES)
    for term, _names, text in ENTRIES:
        assert len(re.findall(r"[.!?](?: |$)", text)) <= 3 and len(text) < 260, term


def test_the_glossary_is_linked():
    for document in (DOCS / "odd.md", DOCS.parent / "README.md"):
        assert "glossary.md" in document.read_text(encoding="utf-8")
