"""Pictures as bytes: one message each, read by the browser as views without copying.

A picture is a header of eight uint32 (month, echo, firms, ties, gone, flags, number, months a second x 100),
then places float32[2 firms]. If the flag ``WHOLE`` is set there follow: ids uint32[firms], sizes float32[firms],
gone ties uint32[2 gone], ties uint16[2 ties], strength uint8[ties], kind uint8[ties], tint uint8[firms],
marks uint8[firms], layers of gone ties uint8[gone].
"""

from __future__ import annotations

import struct

import numpy as np

WHOLE, PLAYING, OTHER, BESIDE = 1, 2, 4, 8
NEW, STRONG = 16, 32  # bits of a tie's kind; the lower four are its layers
BORN, LEADS, HURT = 1, 2, 4  # bits of a firm's marks


class Picture:
    """What one world looks like in one month, ready to be sent."""

    def __init__(self, month: int, ids: np.ndarray) -> None:
        self.month, self.ids = month, ids
        self.sizes = np.zeros(ids.size, np.float32)
        self.tint = np.zeros(ids.size, np.uint8)
        self.marks = np.zeros(ids.size, np.uint8)
        self.pairs = np.zeros((0, 2), np.uint16)
        self.strength = np.zeros(0, np.uint8)
        self.kind = np.zeros(0, np.uint8)
        self.gone = np.zeros((0, 2), np.uint32)
        self.gone_kind = np.zeros(0, np.uint8)

    def encode(self, at: np.ndarray, echo: int, flags: int, number: int, rate: float) -> bytes:
        """Return the message; the rest after the places only if `flags` has ``WHOLE``."""
        head = struct.pack(
            "<8I", self.month, echo, self.ids.size, self.pairs.shape[0], self.gone.shape[0], flags, number,
            round(rate * 100),
        )  # fmt: skip
        places = at.astype("<f4").tobytes()
        if not flags & WHOLE:
            return head + places
        parts = (
            (self.ids, "<u4"), (self.sizes, "<f4"), (self.gone, "<u4"), (self.pairs, "<u2"), (self.strength, "u1"),
            (self.kind, "u1"), (self.tint, "u1"), (self.marks, "u1"), (self.gone_kind, "u1"),
        )  # fmt: skip
        return b"".join([head, places, *(np.ascontiguousarray(array, kind).tobytes() for array, kind in parts)])
