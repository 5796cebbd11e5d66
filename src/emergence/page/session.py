"""One visitor's worlds: commands that come in, months that pass, pictures and words that go out.

Everything here runs in one worker at a time; the server hands over the commands that wait and sends what
comes back. Nothing is shared between sessions.
"""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.build import condition_levels, with_conditions
from emergence.compose import groups
from emergence.config import Settings
from emergence.errors import Refusal, nearest
from emergence.page import levers, story
from emergence.page.commands import fewer, number, whole_number, word
from emergence.page.frames import BESIDE, OTHER, PLAYING, WHOLE
from emergence.page.lane import LINES, Lane, alone, members, owed_to_the_network, partners, start
from emergence.page.levers import Lever
from emergence.page.limits import DEFAULT_FIRMS, MOST_LEVERS, MOST_MOMENTS, MOST_MONTHS, check_firms
from emergence.page.view import KINDS, Numbers, View, legend
from emergence.page.words import all_words, say
from emergence.schema import MODELS

log = logging.getLogger("emergence.page")

CONDITIONS = ("diversity", "autonomy", "feedback", "adaptive_capacity", "shared_purpose")
SIDES = ("left", "right", "both")
RATES = (0.25, 32.0)  # months a second
FAST = 12.0, 2.5  # months a second when the tour runs ahead; or so many times the usual speed, if that is more
DRAG = 1.5  # seconds within which moves of one slider count as one lever
REBUILT = 800  # firms up to which a slider at the start builds the world anew
MARKED = 200  # firms of one lever
TOO_MANY = 3  # months that may be made up for when the machine was slow


@dataclass
class Moment:
    """What it takes to go back to before a lever."""

    label: str
    settings: Settings
    main: Lane
    lone: Lane
    other: Lane | None
    beside: bool
    since: tuple[str, int] | None
    own_name: str


class Session:
    """The worlds of one page.

    Parameters
    ----------
    settings : Settings
        What the world is built from, the conditions apart.
    compose : callable
        ``compose(scenario)`` returns the settings of a scenario of the library.
    """

    def __init__(self, settings: Settings, compose: Callable[[str], Settings]) -> None:
        self.compose = compose
        self.numbers = Numbers()
        self.settings, self.first_firms = settings, settings.firms if settings.network.kind != "file" else DEFAULT_FIRMS
        self.moments: list[Moment] = []
        self.playing, self.rate, self.until = False, 2.0, -1
        self.colour, self.beside = "sector", False
        self.echo = self.number = 0
        self.credit, self.clock = 0.0, time.monotonic()
        self.last_lever: tuple[str, float, int] = ("", 0.0, -1)
        self.own_name = ""
        self.other: Lane | None = None
        self.since: tuple[str, int] | None = None  # what the ghost is without, and from which month on
        self.talk: list[dict[str, Any]] = []
        self.ghost_view: View | None = None
        self.build(settings, condition_levels(settings))

    # Worlds.

    def build(self, settings: Settings, levels: dict[str, float]) -> None:
        """Begin anew at month 0."""
        made = with_conditions(settings, levels)
        check_firms(made.firms)
        lane = start(made, levels)
        check_firms(lane.simulation.world.size)
        self.settings, self.main = settings, lane
        self.lone, self.ghost_view = alone(lane), None
        self.view = View(self.numbers)
        self.view.look(lane.simulation, self.colour)
        self.left_over = self.playing = False
        self.until = -1
        self.lines_new = True
        self.whole = {"main": True, "other": True}

    @property
    def lanes(self) -> list[Lane]:
        """The worlds that live through every month."""
        return [self.main, self.lone, *([self.other] if self.other else [])]

    def month(self) -> None:
        """Let a month pass in every world, and say what happened."""
        if self.main.month >= MOST_MONTHS:
            self.playing, self.until = False, -1
            self.talk.append({"kind": "refused", "text": say("long_enough", n=MOST_MONTHS)})
            return
        if not self.main.simulation.world.size:
            self.playing = False
            self.talk.append({"kind": "refused", "text": say("nobody_left")})
            return
        large = story.largest(self.main.simulation.world)
        for lane in self.lanes:
            lane.advance()
        self.view.look(self.main.simulation, self.colour)
        self.whole["main"] = True
        if self.beside and self.other:
            assert self.ghost_view is not None
            self.ghost_view.look(self.other.simulation, self.colour)
            self.whole["other"] = True
        self.talk.append(self.month_message(large))
        if self.until == self.main.month:
            self.playing, self.until = False, -1
            self.talk.append(self.state_message())

    # Going back.

    def remember(self, label: str) -> None:
        """Keep this moment, to come back to it."""
        if len(self.main.simulation.settings.timeline) > MOST_LEVERS:
            raise Refusal(say("enough_levers", n=MOST_LEVERS))
        other = self.other.branch() if self.other else None
        moment = Moment(
            label, self.settings, self.main.branch(), self.lone.branch(), other, self.beside, self.since, self.own_name
        )  # fmt: skip
        self.moments = [*self.moments, moment][-MOST_MOMENTS:]

    def haunt(self, label: str) -> None:
        """Let the world of the moment just kept go on beside this one, as its ghost."""
        if not self.beside:
            self.other = self.moments[-1].main.branch()
            self.other.forget_rows()
            self.since = (label, self.main.month)
            self.lines_new = True

    def do_undo(self, _: dict[str, Any]) -> None:
        if not self.moments:
            raise Refusal(say("nothing_to_undo"))
        moment = self.moments.pop()
        self.settings, self.main, self.lone = moment.settings, moment.main, moment.lone
        self.own_name = moment.own_name
        self.other, self.since, self.playing, self.until = moment.other, moment.since, False, -1
        self.last_lever = ("", 0.0, -1)
        self.beside = moment.beside and self.other is not None
        self.view.look(self.main.simulation, self.colour, calm=True)
        if self.beside and self.other:
            self.ghost_view = self.ghost_view or self.view.copy()
            self.ghost_view.look(self.other.simulation, self.colour, calm=True)
        self.whole, self.lines_new = {"main": True, "other": True}, True
        self.talk.append(
            {"kind": "event", "month": self.main.month, "of": "undo", "text": say("undone", what=moment.label)}
        )

    # Commands of the clock.

    def do_play(self, _: dict[str, Any]) -> None:
        self.playing, self.credit = True, 0.6  # a run that was paused goes on to where it was to end
        if self.until <= self.main.month:
            self.until = -1

    def do_pause(self, _: dict[str, Any]) -> None:
        self.playing = False

    def do_step(self, _: dict[str, Any]) -> None:
        self.playing = False
        self.month()

    def do_run(self, command: dict[str, Any]) -> None:
        months = whole_number(command, "months", 1, 240)
        self.playing, self.until, self.credit = True, self.main.month + months, 1.0

    def do_rate(self, command: dict[str, Any]) -> None:
        self.rate = number(command, "value", *RATES)

    def do_reset(self, _: dict[str, Any]) -> None:
        self.remember(say("lever_reset"))
        levels = dict(self.main.levels)
        right = dict(self.other.levels) if self.beside and self.other else None
        self.build(self.settings, levels)
        self.other, self.since = None, None
        if right is not None:
            made = with_conditions(self.settings, right)
            self.show_beside(start(made, right))

    # What world it is.

    def anew(self, label: str, settings: Settings, levels: dict[str, float], ghost: bool) -> None:
        """Build another world; with `ghost` the one before lives on from its own start."""
        kept = self.settings, dict(self.main.levels)
        self.remember(label)
        try:
            self.build(settings, levels)
        except Exception:
            self.moments.pop()
            raise
        self.other, self.since, self.beside = None, None, False
        if ghost:
            before = with_conditions(kept[0], kept[1])
            self.other, self.since = start(before, kept[1]), (label, 0)

    def do_scenario(self, command: dict[str, Any]) -> None:
        name = word(command, "name", groups()["scenario"])
        settings = self.compose(name)
        settings.seed = self.settings.seed
        if settings.firms == DEFAULT_FIRMS:  # the scenario does not say how many, so it is as it was at first
            settings.firms = self.first_firms
        self.anew(
            say("lever_scenario", name=all_words()["scenarios"].get(name, name)),
            settings,
            condition_levels(settings),
            False,
        )
        self.own_name = ""

    def do_orchestration(self, command: dict[str, Any]) -> None:
        known = orchestrations()
        name = word(command, "name", list(known))
        settings = copy.deepcopy(self.settings)
        settings.rules.orchestration.models = list(known[name])
        label = say("lever_orchestration", name=all_words()["orchestrations"].get(name, name))
        self.anew(label, settings, dict(self.main.levels), True)

    def do_seed(self, command: dict[str, Any]) -> None:
        settings = copy.deepcopy(self.settings)
        settings.seed = whole_number(command, "value", 0, 2**31)
        self.anew(say("lever_seed", n=settings.seed), settings, dict(self.main.levels), False)

    def do_firms(self, command: dict[str, Any]) -> None:
        value = command.get("value")
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refusal(say("whole", what="firms"))
        settings = copy.deepcopy(self.settings)
        settings.firms = check_firms(value)
        self.anew(say("lever_firms", n=settings.firms), settings, dict(self.main.levels), False)

    def own_network(self, command: dict[str, Any]) -> None:
        """Build a world round a file that was dropped and checked; only the server sends this."""
        settings = copy.deepcopy(self.settings)
        settings.scenario, settings.about, settings.timeline, settings.groups = "own_network", "", [], []
        settings.network.kind, settings.network.ties = "file", str(command["path"])
        settings.network.firms, settings.network.year, settings.network.layer = None, None, "strategic"
        settings.network.settle = True
        self.anew(say("lever_network", name=command["name"]), settings, dict(self.main.levels), False)
        self.own_name = str(command["name"])

    # Levers.

    def sides(self, command: dict[str, Any]) -> list[Lane]:
        """Return the worlds on which a lever acts."""
        side = word(command, "side", SIDES) if "side" in command else "left"
        if not self.beside or self.other is None:
            return [self.main]
        return {"left": [self.main], "right": [self.other], "both": [self.main, self.other]}[side]

    def numbered(self, lever: Lever) -> list[int]:
        """Return the numbers of the firms that a lever is about, of so many as are marked."""
        return self.numbers.take(np.array(lever.firms[:MARKED], np.int64)).tolist()

    def act(self, lane: Lane, lever: Lever) -> None:
        """Put a lever on the timeline of a world, and of the one without ties."""
        lane.add(lever.items)
        if lane is self.main and not lever.ties:
            self.lone.add(lever.items)

    def do_condition(self, command: dict[str, Any]) -> None:
        name, value = word(command, "name", CONDITIONS), number(command, "value", 0.0, 1.0)
        label = say("lever_condition", name=all_words()["levels"][name]["name"], value=f"{value:.0%}")
        now, lanes = time.monotonic(), self.sides(command)
        last, when, month = self.last_lever
        if last != name or (now - when > DRAG and month != self.main.month):
            self.remember(label)
            self.haunt(label)
        self.last_lever = (name, now, self.main.month)
        if self.moments:
            self.moments[-1].label = label
        if self.since and not self.beside:
            self.since = (label, self.since[1])
        at_start = self.main.month == 0 and self.main.simulation.world.size <= REBUILT
        if at_start and self.settings.network.kind != "file" and not self.main.simulation.world.labels:
            self.condition_at_start(lanes, name, value)
            return
        for lane in lanes:
            lane.levels[name] = value
            drop_policies(lane, name)
            items = levers.condition(lane.simulation, name, value)
            self.act(lane, Lever(tuple(items), label))
            if lane is self.main:
                drop_policies(self.lone, name, items)

    def condition_at_start(self, lanes: list[Lane], name: str, value: float) -> None:
        """Before the first month, a condition shapes the founders too, so the world is built anew."""
        for lane in lanes:
            levels = lane.levels | {name: value}
            made = with_conditions(lane.simulation.settings, {name: value})
            fresh = start(made, levels)
            if lane is self.main:
                self.main, self.lone = fresh, alone(fresh)
                self.view.look(fresh.simulation, self.colour, calm=True)
                self.whole["main"] = True
            else:
                self.other = fresh
                if self.ghost_view:
                    self.ghost_view.look(fresh.simulation, self.colour, calm=True)
                    self.whole["other"] = True

    def do_lever(self, command: dict[str, Any]) -> None:
        name, lanes = word(command, "name", list(levers.LEVERS)), self.sides(command)
        pulled = [(lane, levers.pull(lane.simulation, name)) for lane in lanes]
        label = all_words()["levers"][name]["name"]
        self.remember(label)
        if self.last_lever[0] != f"lever:{name}" or self.other is None:
            self.haunt(label)  # pressed again, a button is compared with the world without it at all
        self.last_lever = (f"lever:{name}", time.monotonic(), -1)
        for lane, lever in pulled:
            self.act(lane, lever)
        lane, lever = pulled[0]
        marked = {"left" if one is self.main else "right": self.numbered(there) for one, there in pulled}
        text = lever.says if lane is self.main else say("right_world", what=lever.says)
        self.talk.append({"kind": "event", "month": lane.month + 1, "of": "lever", "text": text, "firms": marked})
        if not self.playing:
            self.month()

    # What is shown.

    def show_beside(self, lane: Lane) -> None:
        """Show a second world beside the first."""
        self.other, self.beside, self.lines_new = lane, True, True
        self.ghost_view = self.view.copy()
        self.ghost_view.look(lane.simulation, self.colour, calm=True)
        self.whole["other"] = True

    def do_compare(self, command: dict[str, Any]) -> None:
        if not command.get("on"):
            self.beside = False
            self.since = (say("lever_right"), self.since[1] if self.since else 0) if self.other else None
            return
        if self.other is None:
            self.since = (say("lever_right"), self.main.month)
        self.show_beside(self.other or self.main.branch())

    def do_colour(self, command: dict[str, Any]) -> None:
        self.colour = word(command, "by", KINDS)
        self.view.tint(self.main.simulation, self.colour)
        if self.ghost_view and self.other:
            self.ghost_view.tint(self.other.simulation, self.colour)
        self.whole = {"main": True, "other": True}

    def do_firm(self, command: dict[str, Any]) -> None:
        side = self.other if command.get("side") == "right" and self.other else self.main
        told = story.firm_story(side, self.numbers, whole_number(command, "id", 0, 2**31))
        self.talk.append({"kind": "firm", **told})

    def do_state(self, _: dict[str, Any]) -> None:
        self.lines_new = True
        self.whole = {"main": True, "other": True}

    # Messages.

    def month_message(self, large: dict[int, str]) -> dict[str, Any]:
        """Return what a month adds to lines and words."""
        world = self.main.simulation.world
        return {
            "kind": "month",
            "month": self.main.month,
            "firms": world.size,
            "point": short(self.main.lines[-1]),
            "ghost": short(self.other.lines[-1]) if self.other else None,
            "emergence": owed_to_the_network(self.main, self.lone),
            "events": [{"of": of, "text": text} for of, text in story.month_words(self.main, large)],
            **self.named(),
        }

    def named(self) -> dict[str, Any]:
        """Return the firms whose names are written beside them, in each world that is shown."""
        other = story.labels(self.other, self.numbers) if self.beside and self.other else None
        return {"labels": story.labels(self.main, self.numbers), "labels_other": other}

    def state_message(self) -> dict[str, Any]:
        """Return everything that controls and lines show."""
        models, simulation = self.settings.rules.orchestration.models, self.main.simulation
        many = partners(self.main)
        named = [name for name, known in orchestrations().items() if list(known) == list(models)]
        lines: dict[str, Any] = {}
        if self.lines_new:
            self.lines_new = False
            lines["lines"] = [short(point) for point in self.main.lines]
            lines["ghost"] = [short(point) for point in self.other.lines] if self.other else None
        return lines | {
            "kind": "state",
            "month": self.main.month,
            "playing": self.playing,
            "rate": self.rate,
            "seed": self.settings.seed,
            "firms": simulation.world.founders if self.own_name else self.settings.firms,
            "scenario": self.own_name or self.settings.scenario,
            "own": bool(self.own_name),
            "orchestration": named[0] if named and simulation.rules.orchestration.enabled else "mesh",
            "levels": self.main.levels,
            "levels_other": self.other.levels if self.other else None,
            "beside": self.beside,
            "undo": self.moments[-1].label if self.moments else None,
            "platform": simulation._in_force(self.main.month + 1).platform.enabled,
            "since": self.since if self.other else None,
            "legend": legend(simulation, self.colour),
            "layers": simulation.settings.layers,
            "emergence": owed_to_the_network(self.main, self.lone),
            "members": [members(self.main), simulation.world.size],
            "partners": [int(many.max(initial=0)), round(float(np.median(many))) if many.size else 0],
            "names": list(LINES),
            **self.named(),
        }

    # Work.

    def work(self, commands: list[dict[str, Any]]) -> list[bytes | str]:
        """Follow the commands, let time pass, and return what is to be sent."""
        told_state = False
        for command in fewer(commands):
            told_state |= self.follow(command)
        self.pass_time()
        if told_state:
            self.talk.append(self.state_message())
        talk, self.talk = self.talk, []
        return [*(json.dumps(one) for one in talk), *self.pictures(bool(commands))]

    def follow(self, command: dict[str, Any]) -> bool:
        """Do what one command says; tell whether controls may look different now."""
        what = command.get("do")
        self.echo = command["seq"] if isinstance(command.get("seq"), int) and 0 <= command["seq"] < 2**32 else self.echo
        try:
            if what == "network" and command.get("from") is self:
                self.own_network(command)
            elif isinstance(what, str) and what in COMMANDS:
                COMMANDS[what](self, command)
            else:
                raise Refusal(say("unknown", what=str(what)[:40], hint=nearest(str(what)[:40], COMMANDS)))
        except Refusal as refusal:
            self.talk.append({"kind": "refused", "text": str(refusal)[:600]})
        except Exception:  # one fault must not end the session before a room of people
            log.exception("a command failed: %s", str(what)[:40])
            self.talk.append({"kind": "refused", "text": say("sorry")})
        return what not in ("firm", "step")

    def pass_time(self) -> None:
        """Let as many months pass as the clock asks for."""
        now = time.monotonic()
        if self.playing:
            self.credit = min(self.credit + (now - self.clock) * self.pace, TOO_MANY)
            while self.credit >= 1.0 and self.playing:
                self.credit -= 1.0
                try:
                    self.month()
                except Exception:
                    log.exception("a month failed")
                    self.playing, self.until = False, -1
                    self.talk.append({"kind": "refused", "text": say("sorry")})
        self.clock = now

    def pictures(self, asked: bool) -> list[bytes | str]:
        """Return the pictures of the worlds that are shown, if anything in them moves."""
        found: list[bytes | str] = []
        shown = [("main", self.view)]
        if self.beside and self.ghost_view:
            shown.append(("other", self.ghost_view))
        self.left_over = False
        for name, view in shown:
            moves = view.places.settle()
            self.left_over |= moves
            if moves or self.whole[name] or asked or self.playing:
                flags = WHOLE * self.whole[name] | PLAYING * self.playing | OTHER * (name == "other")
                flags |= BESIDE * self.beside
                self.number += 1
                found.append(view.picture.encode(view.places.at, self.echo, flags, self.number, self.pace))
                self.whole[name] = False
        return found

    @property
    def pace(self) -> float:
        """Months a second."""
        return max(FAST[0], FAST[1] * self.rate) if self.until >= 0 else self.rate

    @property
    def busy(self) -> bool:
        """Whether there is more to do without any command."""
        return self.playing or self.left_over


def drop_policies(lane: Lane, name: str, keep: list[Any] | tuple[()] = ()) -> None:
    """Take back the policies of a slider that was moved on before the month began."""
    month = lane.month + 1
    keys = {effect.parameter for effect in levers.CONDITIONS if effect.condition == name}
    timeline = lane.simulation.settings.timeline
    kept = [s for s in timeline if not (s.kind == "policy" and s.month == month and s.key in keys)]
    timeline[:] = [*kept, *copy.deepcopy(list(keep))]


def orchestrations() -> dict[str, tuple[str, ...]]:
    """Return the models of orchestration by the name that the page gives them."""
    return {"mesh": (), **{name: (name,) for name in MODELS}, "hybrid": ("hub_and_spoke", "open_innovation")}


def short(point: tuple[float, ...]) -> list[float]:
    """Return a point of the lines in as few digits as can be seen."""
    return [round(value, 2) for value in point]


COMMANDS: dict[str, Callable[[Session, dict[str, Any]], None]] = {
    "play": Session.do_play,
    "pause": Session.do_pause,
    "step": Session.do_step,
    "run": Session.do_run,
    "rate": Session.do_rate,
    "reset": Session.do_reset,
    "scenario": Session.do_scenario,
    "orchestration": Session.do_orchestration,
    "seed": Session.do_seed,
    "firms": Session.do_firms,
    "condition": Session.do_condition,
    "lever": Session.do_lever,
    "undo": Session.do_undo,
    "compare": Session.do_compare,
    "colour": Session.do_colour,
    "firm": Session.do_firm,
    "state": Session.do_state,
}
