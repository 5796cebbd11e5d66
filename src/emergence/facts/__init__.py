"""The stylised facts: what the full default world must look like, and how it is measured."""

from emergence.facts.fact import Fact, Number
from emergence.facts.record import Record, record
from emergence.facts.suite import FACTS, JUDGING, Finding, measure_facts, records_of

__all__ = ["FACTS", "JUDGING", "Fact", "Finding", "Number", "Record", "measure_facts", "record", "records_of"]
