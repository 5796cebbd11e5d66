"""Files that people send: read as data, every fault noted with its place, nothing executed."""
