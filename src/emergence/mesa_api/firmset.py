"""The set of all firms: mesa's AgentSet over columns, with views made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mesa.agent import AgentSet

from emergence.mesa_api.firm import FIXED, Firm
from emergence.tables import Table

if TYPE_CHECKING:
    from emergence.mesa_api.model import EmergenceModel


class FirmSet(AgentSet):
    """All firms of a model in the order of their rows; what it does, mesa's AgentSet defines.

    Columns are read and written without making an agent; anything that needs agents makes views of
    them. Sets made from this one (`select`, `shuffle`, `sort`, `groupby`) are plain AgentSets.
    """

    def __init__(self, model: EmergenceModel) -> None:
        self.model = model
        self.random = model.random

    @property
    def _agents(self) -> dict[Firm, None]:
        # mesa's own methods walk over this mapping; both versions accept any.
        return dict.fromkeys(self)

    @property
    def _columns(self) -> Table:
        return self.model.columns

    def __len__(self) -> int:
        return self.model.world.size

    def __iter__(self) -> Iterator[Firm]:
        return iter([self.model.firm(uid) for uid in self._columns.column("uid").tolist()])

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, Firm) and agent.model is self.model and agent.alive

    def __getitem__(self, item: int | slice) -> Any:
        rows = range(len(self))[item]
        if isinstance(rows, range):
            return [self.model.firm_at(row) for row in rows]
        return self.model.firm_at(rows)

    def __copy__(self) -> AgentSet:
        return AgentSet(self, self.random)

    def copy(self) -> AgentSet:
        """Return a plain AgentSet of the firms alive now."""
        return AgentSet(self, self.random)

    def to_list(self) -> list[Firm]:
        """Return the firms as a list."""
        return list(self)

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> Any:
        """Return attribute values as mesa does; columns are read without making an agent."""
        single = isinstance(attr_names, str)
        names = [attr_names] if single else list(attr_names)
        if handle_missing in ("error", "default") and all(self._is_column(name) for name in names):
            found = [self._values(name) for name in names]
            return found[0] if single else [list(values) for values in zip(*found, strict=True)]
        return self.copy().get(attr_names, handle_missing, default_value)

    def _is_column(self, name: str) -> bool:
        # A subclass may put something of its own in the place of a column.
        return name == "unique_id" or (
            name in self._columns.spec and getattr(self.model.firm_class, name) is getattr(Firm, name)
        )

    def _values(self, name: str) -> list[Any]:
        column = self._columns.column("uid" if name == "unique_id" else name)
        return column.tolist() if column.ndim == 1 else list(column)

    def set(self, attr_name: str, value: Any) -> FirmSet:
        """Set an attribute of every firm to one value."""
        if self._is_column(attr_name) and attr_name not in (*FIXED, "unique_id"):
            self.model.world.write(attr_name, slice(None), value)
        else:
            for firm in self:
                setattr(firm, attr_name, value)
        return self

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """Apply one or more functions to the values of an attribute."""
        if self._is_column(attribute) and attribute != "unique_id":
            column = self._columns.column(attribute)
            if column.ndim == 1:
                return func_on(column, func)
        return func_on(self.get(attribute), func)

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> AgentSet:
        """Return the firms that pass a filter; the set of all firms cannot be narrowed in place."""
        refuse_inplace(inplace)
        return self.copy().select(filter_func, at_most, False, agent_type)

    def shuffle(self, inplace: bool = False) -> AgentSet:
        """Return the firms in random order; the rows themselves keep theirs."""
        refuse_inplace(inplace)
        return self.copy().shuffle()

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> AgentSet:
        """Return the firms in the order of a key; the rows themselves keep theirs."""
        refuse_inplace(inplace)
        return self.copy().sort(key, ascending)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> FirmSet:
        """Call a method on every firm; one that leaves meanwhile is passed over."""
        call_each(list(self), method, args, kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> FirmSet:
        """Call a method on every firm in random order."""
        firms = list(self)
        self.random.shuffle(firms)
        call_each(firms, method, args, kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method on every firm and return the results."""
        return self.copy().map(method, *args, **kwargs)

    def groupby(self, by: Callable[..., Any] | str, result_type: str = "agentset") -> Any:
        """Group the firms by an attribute or a function."""
        return self.copy().groupby(by, result_type)

    def add(self, agent: Any) -> None:
        """Do nothing for a firm that is in; firms enter by being made: ``Firm(model)``."""
        if agent not in self:
            raise ValueError("firms enter a model by being made: Firm(model, size=...)")

    def discard(self, agent: Any) -> None:
        """Take a firm out of the world if it is in."""
        if agent in self:
            agent.remove()

    def remove(self, agent: Any) -> None:
        """Take a firm out of the world."""
        if agent not in self:
            raise KeyError(agent)
        agent.remove()

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model, "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.model, self.random = state["model"], state["random"]


def func_on(values: Any, func: Any) -> Any:
    """Apply one function, or each of several, to values; sums and extremes of a column at its speed."""
    if not callable(func):
        return [func_on(values, one) for one in func]
    # Python's own sum, min and max walk over boxed numbers; the array's walk over the column.
    fast = {sum: "sum", min: "min", max: "max"}.get(func)
    if fast and hasattr(values, fast) and len(values):
        return getattr(values, fast)().item()
    return func(values)


def call_each(firms: list[Firm], method: str | Callable[..., Any], args: Any, kwargs: Any) -> None:
    """Call a method on each firm that is still alive when its turn comes."""
    for firm in firms:
        if firm.alive:
            if isinstance(method, str):
                getattr(firm, method)(*args, **kwargs)
            else:
                method(firm, *args, **kwargs)


def refuse_inplace(inplace: bool) -> None:
    """Say why the set of all firms has no order or size of its own to change."""
    if inplace:
        raise ValueError("the set of all firms is the world itself; use inplace=False, or a copy()")
