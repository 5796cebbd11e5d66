"""The replication suite: known results that the program's own rules, kernels and measures must reproduce."""

from emergence.validation.case import Case, Check
from emergence.validation.suite import CASES, Report, measure, run_case, run_suite

__all__ = ["CASES", "Case", "Check", "Report", "measure", "run_case", "run_suite"]
