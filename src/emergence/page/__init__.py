"""The live page: a room watches a network emerge. Stands last; the only place that imports starlette and uvicorn."""
