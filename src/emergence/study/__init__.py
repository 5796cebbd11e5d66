"""Studies: many runs by a design, on any engine, kept on disk, gone on with after any stop.

spec (what was asked) -> design (points) -> outcomes and models (one run) -> work (many runs in a worker) ->
engine (workers) -> store (folder) -> run (the loop) -> sweep (what people call).
"""
