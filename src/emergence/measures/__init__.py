"""Measures: formula, unit, range and source of each; they read and never write."""

from emergence.measures.equity import gini, hhi

__all__ = ["gini", "hhi"]
