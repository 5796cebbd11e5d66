"""The page without a browser: worlds, levers, undo, ghosts, exports, bytes, limits."""

import io
import json
import zipfile

import numpy as np
import pytest
import yaml

import emergence as em
from emergence.build import make_simulation
from emergence.cli import main
from emergence.compose import compose
from emergence.errors import Refusal
from emergence.measures.monthly import MONTHLY
from emergence.page import export, limits, view
from emergence.page.commands import fewer
from emergence.page.frames import WHOLE
from emergence.page.levers import HELPS, LEVERS, SHOCKS
from emergence.page.server import own_file
from emergence.page.session import CONDITIONS, orchestrations
from emergence.page.view import Numbers
from emergence.page.words import FOLDER, all_words
from page_help import do, months, session_of


def words_of(found, kind):
    return [one for one in found if one["kind"] == kind]


def exported(session, folder, name="taken_home", own=""):
    path = folder / f"{name}.yaml"
    path.write_text(export.scenario_yaml(session.main, name, own), encoding="utf-8")
    return path


def same_numbers(session, path, folder):
    """Compare what the page measured with what `run` makes of the exported scenario."""
    result = em.run(f"scenario={path}", f"output.folder={folder}")
    assert len(result.steps) == len(session.main.rows)
    for name, column in zip(MONTHLY, np.array(session.main.rows).T, strict=True):
        assert np.array_equal(result.steps[name].to_numpy(float), column), name
    own, other = session.main.simulation.world, result.simulation.world
    assert own.firms.uid.tolist() == other.firms.uid.tolist() and own.firms.cash.tolist() == other.firms.cash.tolist()


# Levers.


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_acts_at_once_and_parts_from_its_ghost(name):
    session = session_of("firms=60")
    months(session, 6)
    before = session.main.simulation.settings.timeline[:]
    do(session, {"do": "condition", "name": name, "value": 1.0})
    added = session.main.simulation.settings.timeline[len(before) :]
    assert added and all(one.kind == "policy" and one.month == 7 for one in added)
    months(session, 12)
    assert session.other is not None and session.other.month == session.main.month
    assert session.main.lines[:6] == session.other.lines[:6] and session.main.lines != session.other.lines


def test_before_the_first_month_conditions_shape_the_founders():
    session = session_of("firms=60")
    spread = session.main.simulation.world.firms.skills.std()
    do(session, {"do": "condition", "name": "diversity", "value": 0.0})
    assert session.main.simulation.world.firms.skills.std() < 0.5 * spread
    assert session.main.simulation.settings.conditions.diversity == 0.0
    assert session.other.simulation.world.firms.skills.std() == spread


def test_a_drag_is_one_lever_and_leaves_one_set_of_policies():
    session = session_of("firms=40")
    months(session, 3)
    for value in (0.6, 0.7, 0.8, 0.9, 0.5, 0.9):
        do(session, {"do": "condition", "name": "feedback", "value": value})
    keys = [one.key for one in session.main.simulation.settings.timeline]
    assert len(session.moments) == 1 and len(keys) == len(set(keys)) == 5
    assert session.lone.simulation.settings.timeline == session.main.simulation.settings.timeline


@pytest.mark.parametrize("name", [*SHOCKS, *HELPS])
def test_every_button_does_what_it_says(name):
    session = session_of("firms=80")
    months(session, 8)
    found = do(session, {"do": "lever", "name": name})
    assert session.main.month == 9  # paused: the month in which it strikes passes at once
    assert [one["of"] for one in words_of(found, "event")] == ["lever"] and not words_of(found, "refused")
    months(session, 6)
    moved = {
        "hub": lambda: session.main.raw[8][2] != session.other.raw[8][2],
        "disaster": lambda: (session.main.simulation.world.firms.damage > 0).any(),
        "cyber": lambda: session.main.rows[8][list(MONTHLY).index("struck")] >= 1,
        "recession": lambda: session.main.lines[-1][3] < session.other.lines[-1][3] - 3,
        "platform": lambda: session.main.rows[-1][list(MONTHLY).index("platform_members")] > 0,
        "technology": lambda: (
            session.main.simulation.world.firms.z.mean() < session.other.simulation.world.firms.z.mean()
        ),
        "bridge": lambda: len(session.main.recent) == 15,
        "backup": lambda: len(session.main.recent) == 15,
    }
    assert moved[name]()
    assert session.main.raw[:8] == session.other.raw[:8] and session.main.raw[8:] != session.other.raw[8:]


def test_brokered_ties_are_tied_in_run_as_on_the_page():
    timeline = "timeline=[{month: 2, kind: brokered_ties, target: 'uid:1,9,3,24,5,5,7,999999'}]"
    simulation = make_simulation(compose(["firms=40", "seed=4", timeline])).advance(2)
    events = em.run("firms=40", "seed=4", "steps=2", timeline).events
    made = events[events.kind == "intervention"]
    assert set(zip(made.a, made.b, strict=True)) == {(1, 9), (3, 24)} and set(made.layer) == {"strategic"}
    simulation.world.check()


def test_undo_goes_back_to_the_moment_before_and_on_with_the_same_luck():
    session, plain = session_of("firms=60"), session_of("firms=60")
    months(session, 6)
    do(session, {"do": "lever", "name": "hub"}, {"do": "lever", "name": "recession"})
    months(session, 4)
    do(session, {"do": "undo"}, {"do": "undo"})
    assert session.main.month == 6 and not session.moments
    months(session, 10)
    months(plain, 16)
    assert session.main.lines == plain.main.lines
    assert words_of(do(session, {"do": "undo"}), "refused")


def test_the_platform_raises_what_it_keeps_until_nobody_would_pay():
    session = session_of("firms=40")
    texts = []
    for _ in range(7):
        texts += [one.get("text", "") for one in do(session, {"do": "lever", "name": "platform"})]
    assert any("keeps 15%" in text for text in texts) and any("to 25%" in text for text in texts)
    assert any("nobody would pay" in text for text in texts)


def test_two_worlds_have_levers_of_their_own_or_linked():
    session = session_of("firms=50")
    months(session, 3)
    do(session, {"do": "compare", "on": True})
    do(session, {"do": "condition", "name": "feedback", "value": 1.0, "side": "right"})
    months(session, 4)
    assert session.main.levels["feedback"] == 0.5 and session.other.levels["feedback"] == 1.0
    do(session, {"do": "condition", "name": "autonomy", "value": 0.9, "side": "both"})
    assert session.main.levels["autonomy"] == session.other.levels["autonomy"] == 0.9
    do(session, {"do": "undo"})
    assert session.beside and session.main.levels["autonomy"] == 0.5 == session.other.levels["autonomy"]
    pictures = [one for one in session.work([{"do": "state"}]) if isinstance(one, bytes)]
    assert len(pictures) == 2


def test_the_emergence_number_is_the_twin_without_ties():
    session = session_of("firms=60")
    months(session, 24)
    gained = [
        sum(row[0] for row in lane.raw) / sum(row[2] for row in lane.raw) for lane in (session.main, session.lone)
    ]
    share = words_of(do(session, {"do": "state"}), "state")[0]["emergence"]
    assert share == pytest.approx((gained[0] - gained[1]) / max(gained))
    assert not sum(ties.count for ties in session.lone.simulation.world.ties)


def test_a_scenario_an_orchestration_and_luck_begin_a_world_anew():
    session = session_of()
    months(session, 3)
    do(session, {"do": "orchestration", "name": "value_chain"})
    assert session.main.month == 0 and session.other is not None
    months(session, 8)
    assert session.main.lines != session.other.lines
    do(session, {"do": "seed", "value": 5}, {"do": "scenario", "name": "platform_trap"})
    assert session.main.simulation.settings.seed == 5 and session.main.simulation.world.size == 100
    do(session, {"do": "undo"}, {"do": "undo"}, {"do": "undo"})
    assert session.main.month == 3 and session.settings.rules.orchestration.models == ["hub_and_spoke"]
    assert set(orchestrations()) == set(all_words()["orchestrations"])


def test_a_scenario_keeps_the_number_of_firms_that_the_page_began_with():
    session = session_of("firms=50")
    do(session, {"do": "scenario", "name": "recession"})
    assert session.main.simulation.world.size == 50
    do(session, {"do": "scenario", "name": "platform_trap"})
    assert session.main.simulation.world.size == 100


# Export.


def test_an_exported_scenario_is_run_again_to_the_last_digit(tmp_path):
    session = session_of("firms=60", "seed=3")
    do(session, {"do": "condition", "name": "diversity", "value": 0.8})
    months(session, 4)
    for name in ("feedback", "adaptive_capacity", "shared_purpose", "autonomy", "diversity"):
        do(session, {"do": "condition", "name": name, "value": 0.85})
        months(session, 1)
    for name in LEVERS:
        do(session, {"do": "lever", "name": name})
        months(session, 1)
    do(session, {"do": "lever", "name": "platform"}, {"do": "lever", "name": "hub"}, {"do": "undo"})
    months(session, 3)
    path = exported(session, tmp_path)
    assert main(["run", f"scenario={path}", f"output.folder={tmp_path / 'runs'}", "output.report=false"]) == 0
    same_numbers(session, path, tmp_path)


def test_a_dropped_network_is_taken_home_with_its_file_beside_it(tmp_path):
    """What the page shows of somebody's own network, `run` gives to the last digit."""
    (tmp_path / "sent").mkdir()
    ties = tmp_path / "sent" / "ours.csv"
    ties.write_text("source,target\n" + "".join(f"F{a},F{(a + k) % 30}\n" for a in range(30) for k in (1, 4)))
    session = session_of("firms=30")
    session.own_network({"path": ties, "name": "our ties.csv"})
    months(session, 2)
    session.follow({"do": "condition", "name": "feedback", "value": 0.9})
    session.follow({"do": "lever", "name": "hub"})
    months(session, 3)
    file = own_file(session.own_name)
    text = export.scenario_yaml(session.main, "ours", file)
    (tmp_path / "ours.yaml").write_text(text, encoding="utf-8")
    (tmp_path / file).write_bytes(ties.read_bytes())
    result = em.run(f"scenario={tmp_path / 'ours.yaml'}")
    shown = np.array(session.main.rows)
    assert shown.shape[0] == session.main.month == 6
    assert np.array_equal(shown, result.steps[list(MONTHLY)].to_numpy(float))
    assert str(tmp_path) not in text and f"# Put {file} beside this file." in text


def test_the_data_are_the_same_numbers_without_formulas(tmp_path):
    session = session_of("firms=30")
    months(session, 5)
    session.main.simulation.world.labels[1] = "=cmd|' /C calc'!A0"
    text = export.scenario_yaml(session.main, "x")
    with zipfile.ZipFile(io.BytesIO(export.data_zip(session.main, text, "x"))) as archive:
        assert set(archive.namelist()) == {"steps.csv", "firms.csv", "ties.csv", "x.yaml"}
        steps = archive.read("steps.csv").decode().splitlines()
        assert len(steps) == 6 and steps[0].split(",") == list(MONTHLY)
        assert "'=cmd" in archive.read("firms.csv").decode()


@pytest.mark.parametrize(
    "text, why",
    [
        ("a: &x 1\nb: *x", "anchors"),
        ("a: !!python/object/apply:os.system ['true']", "tags"),
        ("about: ${oc.env:HOME}", "write the value out"),
        ("_target_: os.system", "not the name of a setting"),
        ("timeline: [{_target_: os.system}]", "not the name of a setting"),
        ("hydra: {run: {dir: /tmp}}", "a file is data"),
        ("plugins: [os]", "command line"),
        ("output: {folder: /tmp/x}", "command line"),
        ("- 1\n- 2", "keys and values"),
        ("firms: [1", "not YAML"),
        ("a: " + "[" * 30 + "]" * 30, "deeper"),
        ("about: " + "x" * 300_000, "larger"),
        ("firm: 30", "unknown key"),
        ("firms: many", "firms"),
        ("conditions: {diversity: 7}", "out of range"),
    ],
)
def test_a_scenario_file_is_data_and_nothing_else(tmp_path, text, why):
    path = tmp_path / "sent.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=why):
        compose([f"scenario={path}"])


def test_check_says_whether_run_would_take_a_scenario(tmp_path, capsys):
    path = tmp_path / "sent.yaml"
    path.write_text("firms: 30\ntimeline: [{month: 2, kind: removal, target: Firm 7}]\n", encoding="utf-8")
    assert main(["check", str(path)]) == 0 and "nothing wrong" in capsys.readouterr().out
    path.write_text("firms: 30\ntimeline: [{month: 2, kind: removal, target: Firm 700}]\n", encoding="utf-8")
    assert main(["check", str(path)]) == 2 and "Firm 700" in capsys.readouterr().err


def test_what_is_on_the_command_line_wins_over_the_file(tmp_path):
    path = tmp_path / "sent.yaml"
    path.write_text("scenario: mine\nfirms: 40\nseed: 3\nrules: {work: {temptation: 0.125}}\n", encoding="utf-8")
    settings = compose([f"scenario={path}", "seed=9"])
    assert (settings.scenario, settings.firms, settings.seed, settings.rules.work.temptation) == ("mine", 40, 9, 0.125)


# Pictures.


def read(picture):
    head = np.frombuffer(picture[:32], "<u4")
    n, m, g, place, found = *head[2:5].tolist(), 32, {}
    parts = [("at", "<f4", 2 * n)]
    if head[5] & WHOLE:
        parts += [("ids", "<u4", n), ("sizes", "<f4", n), ("gone", "<u4", 2 * g), ("pairs", "<u2", 2 * m)]
        parts += [
            ("strength", "u1", m),
            ("kind", "u1", m),
            ("tint", "u1", n),
            ("marks", "u1", n),
            ("gone_kind", "u1", g),
        ]
    for name, kind, count in parts:
        found[name] = np.frombuffer(picture, kind, count, place)
        place += found[name].nbytes
    assert place == len(picture)
    return head, found


def test_a_picture_holds_the_firms_and_ties_of_the_world():
    session = session_of("firms=60")
    months(session, 5)
    head, found = read(session.work([{"do": "state", "seq": 77}])[-1])
    world = session.main.simulation.world
    assert head[0] == 5 and head[1] == 77 and head[2] == world.size
    pairs = {tuple(pair) for pair in found["pairs"].reshape(-1, 2).tolist()}
    ties = {tuple(pair) for layer in world.ties for pair in zip(*layer.pairs()[:2], strict=True)}
    assert pairs == {(int(a), int(b)) for a, b in ties}
    assert [session.numbers.uid[k] for k in found["ids"]] == world.firms.uid.tolist()


def test_places_move_little_from_month_to_month():
    session = session_of("firms=100")
    months(session, 12)
    for _ in range(40):
        session.view.places.settle()
    before = dict(zip(session.view.places.uid.tolist(), session.view.places.at.copy(), strict=True))
    session.work([{"do": "step"}])
    for _ in range(15):
        session.view.places.settle()
    after = zip(session.view.places.uid.tolist(), session.view.places.at, strict=True)
    moved = [np.hypot(*(at - before[uid])) for uid, at in after if uid in before]
    assert np.median(moved) < 0.04 and max(moved) < 0.15  # the picture is about 2 wide


def test_colours_and_stories_of_every_kind():
    session = session_of("firms=60", "groups=association")
    months(session, 6)
    for colour in view.KINDS:
        legend = words_of(do(session, {"do": "colour", "by": colour}), "state")[0]["legend"]
        assert legend["by"] == colour and (legend.get("names") or legend.get("low"))
    told = [words_of(do(session, {"do": "firm", "id": k}), "firm")[0] for k in range(60)]
    assert all(one["name"] for one in told) and sum(len(one["facts"]) == 6 for one in told) > 40
    assert any(one["events"] for one in told)


def test_numbers_stay_with_their_firms():
    numbers = Numbers()
    assert numbers.take(np.array([5, 2**40, 7])).tolist() == [0, 1, 2]
    assert numbers.take(np.array([7, 9])).tolist() == [2, 3]


# What is refused.


@pytest.mark.parametrize(
    "command",
    [
        {"do": "firms", "value": 10**9},
        {"do": "firms", "value": True},
        {"do": "firms", "value": "many"},
        {"do": "firms", "value": -1},
        {"do": "condition", "name": "diversity", "value": 2},
        {"do": "condition", "name": "diversity", "value": None},
        {"do": "condition", "name": "__class__", "value": 0.5},
        {"do": "rate", "value": 1e9},
        {"do": "rate", "value": float("nan")},
        {"do": "seed", "value": 0.5},
        {"do": "scenario", "name": "../../etc/passwd"},
        {"do": "scenario", "name": ["baseline"]},
        {"do": "lever", "name": "bomb"},
        {"do": "run", "months": 10**6},
        {"do": "network", "path": "/etc/passwd", "name": "x"},
        {"do": "firm", "id": {}},
        {"do": ["play"]},
        {"do": None},
        {},
        {"do": "x" * 10_000},
    ],
)
def test_what_cannot_be_is_refused_and_the_world_goes_on(command):
    session = session_of("firms=20")
    found = do(session, command)
    refused = words_of(found, "refused")
    assert refused and len(refused[0]["text"]) < 700 and refused[0]["text"] != all_words()["said"]["sorry"]
    assert session.main.simulation.world.size == 20
    months(session, 2)
    assert session.main.month == 2


def test_a_billion_firms_are_refused_with_an_estimate(capsys):
    with pytest.raises(Refusal, match=r"1,000,000,000: the page shows at most 5,000 .* GB and .* hours"):
        limits.check_firms(10**9)
    assert main(["demo", "firms=1000000000", "browser=false"]) == 2
    assert "GB" in capsys.readouterr().err
    assert main(["demo", "port=99999"]) == 2 and main(["demo", "browser=maybe"]) == 2 and main(["demo", "firmz=3"]) == 2


def test_moves_of_a_slider_that_a_later_one_makes_void_are_left_out():
    drag = [{"do": "condition", "name": "feedback", "value": k / 10, "seq": k} for k in range(5)]
    assert fewer([*drag, {"do": "play"}]) == [drag[-1], {"do": "play"}]


def test_a_world_ends_at_its_most_months_and_levers(monkeypatch):
    from emergence.page import session as module

    monkeypatch.setattr(module, "MOST_MONTHS", 3)
    session = session_of("firms=20")
    found = months(session, 5)
    assert session.main.month == 3 and words_of(found, "refused")
    monkeypatch.setattr(module, "MOST_LEVERS", 0)
    session = session_of("firms=20")
    found = do(session, *[{"do": "lever", "name": "recession"}] * 3)
    assert words_of(found, "refused")
    session = session_of("firms=20")
    do(session, *[{"do": "seed", "value": k} for k in range(limits.MOST_MOMENTS + 3)])
    assert len(session.moments) == limits.MOST_MOMENTS


def test_all_words_are_there():
    words = all_words()
    assert set(words["levels"]) == set(CONDITIONS) and set(words["levers"]) == set(LEVERS)
    from emergence.compose import groups

    assert set(groups()["scenario"]) <= set(words["scenarios"])
    assert len(words["tour"]["steps"]) == 6
    for step in words["tour"]["steps"]:
        assert (
            step["question"]
            and len(step["guesses"]) == 3
            and step["explain"]
            and set(step["watch"]) <= {*words["lines"], "emergence", "partners", "platform"}
        )
    used = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.*") if path.suffix in (".js", ".html"))
    for key in words["page"]:
        assert (
            f"page.{key}" in used or f'"{key}"' in used or f"_{key}" in used or key in ("ended", "full", "waiting")
        ), key


def test_nothing_is_fetched_from_elsewhere():
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [
            one for one in ("https://", "innerHTML", "eval(", "insertAdjacentHTML", "document.write") if one in text
        ]
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_yaml_is_what_yaml_reads(tmp_path):
    session = session_of("firms=25")
    months(session, 2)
    values = yaml.safe_load(exported(session, tmp_path).read_text())
    assert values["steps"] == 2 and values["firms"] == 25 and json.dumps(values)


def test_a_paused_run_goes_on_to_its_end_and_a_new_world_forgets_it():
    session = session_of("firms=30")
    do(session, {"do": "run", "months": 10}, {"do": "pause"}, {"do": "play"})
    assert session.until == 10 and session.playing
    do(session, {"do": "pause"})
    months(session, 10 - session.main.month)
    do(session, {"do": "play"})
    assert session.until == -1 and session.playing
    do(session, {"do": "run", "months": 10}, {"do": "pause"}, {"do": "seed", "value": 4}, {"do": "play"})
    assert session.until == -1


def test_each_of_two_worlds_names_its_own_hubs_and_tells_its_own_stories():
    session = session_of("firms=60")
    assert words_of(do(session, {"do": "state"}), "state")[0]["labels_other"] is None
    do(session, {"do": "compare", "on": True}, {"do": "condition", "name": "diversity", "value": 0, "side": "right"})
    last = words_of(months(session, 30), "month")[-1]
    assert len(last["labels_other"]) == len(last["labels"]) == 6 and last["labels_other"] != last["labels"]
    number = last["labels"][1][0]
    told = words_of(do(session, {"do": "lever", "name": "hub", "side": "both"}), "event")[0]
    assert told["firms"] == {"left": [last["labels"][0][0]], "right": [last["labels_other"][0][0]]}
    told = words_of(do(session, {"do": "lever", "name": "disaster", "side": "right"}), "event")[0]
    assert list(told["firms"]) == ["right"] and told["text"].startswith("Right world: Disaster")
    left, right = (
        words_of(do(session, {"do": "firm", "id": number, "side": side}), "firm")[0] for side in ("left", "right")
    )
    assert left["name"] == right["name"] and left["facts"] != right["facts"]


def test_partners_are_those_of_the_picture():
    session = session_of("firms=60")
    state = words_of(do(session, {"do": "step"}, {"do": "state"}), "state")[0]
    many = np.bincount(session.view.picture.pairs.ravel(), minlength=session.main.simulation.world.size)
    assert state["partners"] == [many.max(), round(float(np.median(many)))] and state["members"][0] == 0


def test_in_a_small_world_every_firm_is_named():
    session = session_of("firms=12")
    assert len(words_of(do(session, {"do": "state"}), "state")[0]["labels"]) == 12


def test_of_a_long_world_only_what_is_taken_home_is_kept_in_full():
    session = session_of("firms=6")
    do(session, {"do": "condition", "name": "feedback", "value": 0.9})
    months(session, 250)
    assert len(session.main.rows) == 250 and not session.lone.rows and not session.other.rows
    assert {len(lane.lines) for lane in session.lanes} == {len(lane.raw) for lane in session.lanes} == {240}
    state = words_of(do(session, {"do": "state"}), "state")[0]
    assert len(state["lines"]) == len(state["ghost"]) == 240 and state["emergence"] is not None
    do(session, {"do": "undo"})
    assert session.main.taken_home
