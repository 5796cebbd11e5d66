"""Errors that are meant for people."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class Refusal(ValueError):
    """The user's input was refused; the message says what, where, why and the nearest valid choice.

    Parameters
    ----------
    message : str
        One to three lines for the terminal.
    problems : sequence of str, optional
        Every single fault found, one line each (a network file may have many).
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return a hint that names the valid choice closest to `name`, or lists a few of them.

    Parameters
    ----------
    name : str
        What the user wrote.
    choices : iterable of str
        What would have been valid.

    Returns
    -------
    str
        ``"did you mean 'x'?"`` or ``"choose one of a, b, c"``.
    """
    options = sorted(choices)
    section, _, tail = name.rpartition(".")
    # Within the section that was named, the last word decides; elsewhere the whole name does.
    siblings = {o.rpartition(".")[2]: o for o in options if o.rpartition(".")[0] == section}
    close = [siblings[t] for t in difflib.get_close_matches(tail, siblings, n=1, cutoff=0.55)]
    close = close or [o for word, o in siblings.items() if tail and word.startswith(tail)]
    close = close or difflib.get_close_matches(name, options, n=1, cutoff=0.6)
    close = close or [option for option in options if option.rsplit(".", 1)[-1] == tail]
    if close:
        return f"did you mean '{close[0]}'?"
    shown = ", ".join(options[:12]) + (", ..." if len(options) > 12 else "")
    return f"choose one of {shown}"
