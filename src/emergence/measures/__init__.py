"""Measures: formula, unit, range and source of each; they read and never write."""
