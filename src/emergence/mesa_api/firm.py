"""A firm as a mesa agent: an honest view of one row of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from emergence.schema import FIRMS, LAYERS

if TYPE_CHECKING:
    from emergence.mesa_api.model import EmergenceModel

# Columns that hold the world together; an agent shows them but cannot set them.
FIXED = ("uid", "slot")


class FirmGone(AttributeError):
    """Raised when a column of a firm is asked for that has left the world."""


class _ColumnView:
    """Descriptor that forwards an attribute to the column behind it."""

    def __init__(self, name: str, meaning: str) -> None:
        self.name = name
        self.__doc__ = meaning

    def __get__(self, firm: Firm | None, owner: type[Firm]) -> Any:
        if firm is None:
            return self
        value = firm.model.columns.column(self.name)[firm.row]
        if np.ndim(value) == 0:
            return value.item()
        value = value.view()
        value.flags.writeable = False  # one entry alone would be set unchecked; set the whole: firm.skills = [...]
        return value

    def __set__(self, firm: Firm, value: Any) -> None:
        if self.name in FIXED:
            raise AttributeError(f"'{self.name}' cannot be set: it holds the world together")
        row = firm.row
        firm.model.world.write(self.name, slice(row, row + 1), value)


class Firm(mesa.Agent):
    """A firm of the world, seen as a mesa agent.

    Reading or writing an attribute that is a column (``cash``, ``size``, ``skills``, ...) reads or
    writes the column itself; other attributes belong to the agent alone. ``unique_id`` is the uid.

    Parameters
    ----------
    model : EmergenceModel
        The model.
    **columns
        Values of columns of a new firm; what is left out is drawn as for an entrant.

    Raises
    ------
    FirmGone
        On access to a column after the firm has left.

    Notes
    -----
    To add your own behaviour, subclass and write ``step``; pass the class as
    ``EmergenceModel(firm_class=...)``. Its step is then a visible phase at the end of each month.
    """

    # mesa's own __init__ is not called: it would keep every model alive (mesa 3.3.1) and hand out ids.
    def __init__(self, model: EmergenceModel, **columns: Any) -> None:
        self.model = model
        self.pos = None
        uid = model._take_binding()
        self.unique_id = model._found(columns) if uid is None else uid
        model._firms[self.unique_id] = self

    @property
    def row(self) -> int:
        """Row of the firm in the columns; changes when others leave."""
        row = self.model._rows.get(self.unique_id)
        if row is None:
            raise FirmGone(f"{self.name} has left the world")
        return row

    @property
    def alive(self) -> bool:
        """Whether the firm is still in the world."""
        return self.unique_id in self.model._rows

    @property
    def name(self) -> str:
        """Name from the file, or one made from the uid."""
        return self.model.world.name_of(self.unique_id)

    @property
    def partners(self) -> list[Firm]:
        """Partners in any layer, each once."""
        rows = {int(j) for layer in range(len(LAYERS)) for j in self._half_edges(layer)}
        return [self.model.firm_at(row) for row in sorted(rows)]

    def partners_in(self, layer: str) -> list[Firm]:
        """Return the partners in one layer."""
        return [self.model.firm_at(int(j)) for j in self._half_edges(LAYERS.index(layer))]

    def _half_edges(self, layer: int) -> np.ndarray:
        ties = self.model.world.ties[layer]
        return ties.nbr[ties.ptr[self.row] : ties.ptr[self.row + 1]]

    def remove(self) -> None:
        """Take the firm out of the world, with its ties; nothing happens if it has left already."""
        if self.alive:
            self.model._retire([self.unique_id])

    def step(self) -> None:
        """Do nothing; the rules move the firm. A subclass may override this."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}{'' if self.alive else ' (left)'}>"


for _column in FIRMS:
    setattr(Firm, _column.name, _ColumnView(_column.name, _column.meaning))
