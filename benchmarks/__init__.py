"""Programs that measure speed and memory; `python benchmarks/run.py` prints one table."""
