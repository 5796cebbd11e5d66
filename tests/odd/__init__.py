"""The formulas of docs/odd.md, how they are read, and what each is compared with; see test_odd."""
