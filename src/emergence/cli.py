"""The command line: ``emergence COMMAND [key=value ...]``."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from emergence.errors import Refusal, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from emergence.config import Settings
    from emergence.runs import Result
    from emergence.study.progress import Teller

T = TypeVar("T")
DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130

OVERVIEW = """emergence: a flight simulator for business networks

  emergence run [scenario=NAME] [key=value ...]    run one scenario; ends with a report
  emergence sweep study=NAME [engine=...]          many runs by a design; goes on where it was stopped
  emergence compare scenarios=[A,B,...]            what if: the same lucks for all, and how sure what differs is
  emergence demo [scenario=NAME] [firms=120]       the live page, in your browser
  emergence check FILE [FIRMS.csv]                 all that is wrong with a network or scenario of your own
  emergence explain [key=value ...]                the rules in the order of a month
  emergence validate [suite=quick|full] [case=..]  known results, measured by the program's own rules
  emergence completion                             for your shell: eval "$(emergence completion)"
  emergence list                                   scenarios, networks, studies, rules, measures

Examples
  emergence run
  emergence run scenario=florence
  emergence run network=file network.ties=ties.csv network.firms=firms.csv
  emergence run conditions.diversity=0.9 firms=1000 seed=7
  emergence sweep study=five_conditions study.points=50
  emergence compare scenarios=[baseline,platform_trap] replicates=30

Keys: seed steps firms threads scenario network orchestration groups conditions.{diversity,autonomy,feedback,
adaptive_capacity,shared_purpose} rules.RULE.KEY output.folder; all of them: emergence run --help
"""

RUN_HELP = """emergence run [scenario=NAME] [key=value ...]

Runs one scenario and writes a run folder with tables, figures and report.html.
Also: --multirun (lists of values run one after the other), --cfg job (print the config).

"""

SWEEP_HELP = """emergence sweep study=NAME [engine=ENGINE] [study.KEY=VALUE ...] [key=value ...]

Runs a study: points by a design, replicates at each, a table of outcomes. The same command goes on where it
was stopped and computes again what was damaged. What it writes: docs/how-to-studies.md.

  study=NAME or FILE.yaml     what is varied, and what is asked of each run
  engine=processes            or serial, threads, dask; the tables are the same, byte for byte
  engine.workers=N            as many as there are cores if left out
  engine.address=tcp://..     dask: of a running scheduler
  study.points=, study.replicates=, study.design=, study.seed= and all other keys of the study
  study.folder=FOLDER         results/sweeps/NAME if left out
  study.report=true           write analysis/*.csv, figures/ and report.html when it is done
  study.force=true            go on although the study, the code or a library changed; runs that still fit count
  key=value                   settings of every run, firms=50 steps=60, as for `run`

Exit code 0: done; 1: runs were set aside after three tries, or the disk is full; 2: refused; 130: stopped.

"""

COMPARE_HELP = """emergence compare scenarios=[A,B,...] [replicates=30] [key=value ...]

Runs scenarios under the same lucks and compares each with the first: paired differences with 95% intervals,
how probable it is that they are better, side effects, and one report. The same command goes on where it was
stopped; more replicates keep those that are there.

  scenarios=[A,B,C]              of the library; the others are compared with the first
  scenarios=[A,A+key=value]      settings of its own behind a +, as many as needed
  replicates=30                  lucks
  outcomes=[useful,mean_trust]   as in a study; left out, goals, side effects and mechanisms
  engine=, engine.workers=       as for `sweep`
  seed=1                         root of all seeds
  compare.folder=FOLDER          results/compare/NAMES-HASH if left out
  compare.force=true             go on although the code or a library changed
  key=value                      settings of all, firms=50 steps=60, as for `run`

Exit code 0: done; 1: runs were set aside after three tries, or the disk is full; 2: refused; 130: stopped."""

# For bash, and for zsh after `autoload bashcompinit && bashcompinit`. An = ends a word in bash.
COMPLETION = """_emergence() {
  local line="${COMP_LINE:0:$COMP_POINT}" word before
  word="${line##* }"
  before="${word%"${COMP_WORDS[COMP_CWORD]}"}"
  [[ "${COMP_WORDS[COMP_CWORD]}" == "=" ]] && before="$word"
  COMPREPLY=($(compgen -W "@CHOICES@" -- "$word"))
  COMPREPLY=("${COMPREPLY[@]#"$before"}")
  [[ ${#COMPREPLY[@]} == 1 && "${COMPREPLY[0]}" == *= ]] && compopt -o nospace 2>/dev/null
}
complete -o default -F _emergence emergence"""

# Flags of hydra that `run` passes on.
HYDRA_FLAGS = (
    "--multirun",
    "-m",
    "--cfg",
    "-c",
    "--info",
    "--shell-completion",
    "-sc",
    "--resolve",
    "--package",
    "-p",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 ran and failed, 2 input refused."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(OVERVIEW)
        return DONE if words else REFUSED
    if words[0] in ("--version", "version"):
        from emergence.store import version

        print(version())
        return DONE
    command, rest = words[0], words[1:]
    try:
        if command not in COMMANDS:
            raise Refusal(f"there is no command '{command}'; {nearest(command, COMMANDS)}")
        return COMMANDS[command](rest)
    except Refusal as refusal:
        tell_refusal(command, refusal)
        return REFUSED
    except KeyboardInterrupt:
        print("\nstopped; finished runs are kept, this one was not written. The same command runs it.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def tell_refusal(command: str, refusal: Refusal) -> None:
    """Say on standard error what was refused, in at most three lines."""
    lines = [f"emergence {command}: {line}" if k == 0 else line for k, line in enumerate(str(refusal).splitlines()[:2])]
    if len(refusal.problems) > 1:
        lines.append(f"all {len(refusal.problems)}, with their lines: emergence check FILE")
    print("\n".join(lines), file=sys.stderr)


def command_run(words: list[str]) -> int:
    """Run one scenario, write the run folder and the report, and say what came out."""
    if any(word in ("-h", "--help") for word in words):
        from emergence.describe import key_lines

        print(RUN_HELP + "\n".join(key_lines()))
        return DONE
    if any(word.split("=")[0] in HYDRA_FLAGS for word in words):
        return run_with_hydra(words)
    from emergence.compose import compose

    run_and_report(compose(words), words)
    return DONE


def run_with_hydra(words: list[str]) -> int:
    """Let hydra read the command line: --multirun, --cfg job, shell completion."""
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from emergence.compose import as_hydra, check_names, load_named_plugins, read_values, register
    from emergence.config import config_folder

    load_named_plugins(words)
    check_names([w for w in words if "=" in w and not w.startswith("-")])
    register()
    refusals: list[Refusal] = []

    @hydra.main(version_base="1.3", config_path=str(config_folder()), config_name="emergence")
    def job(composed: Any) -> None:
        try:
            settings = read_values(OmegaConf.to_container(composed, resolve=True))
            run_and_report(settings, list(HydraConfig.get().overrides.task))
        except Refusal as refusal:
            refusals.append(refusal)
            raise

    before = sys.argv
    sys.argv = ["emergence run", *(word if word.startswith("-") else as_hydra(word) for word in words)]
    # Otherwise hydra would print its own account of the error and leave with exit code 1.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        job()
    except Refusal:
        raise
    except SystemExit as end:
        return int(end.code or 0)
    except (HydraException, OmegaConfBaseException) as error:
        if refusals:
            raise refusals[0] from None
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise Refusal(" ".join(lines[:2]) or type(error).__name__) from None
    finally:
        sys.argv = before
    return DONE


def run_and_report(settings: Settings, overrides: list[str]) -> Result:
    """Run, write, and print the summary and the path of the report."""
    tell_compiling()
    from emergence.runs import follow_twins, prepare_folder, run_settings, twin_months, write

    prepare_folder(settings)
    began = time.perf_counter()
    with progress(settings.steps) as advance:
        result = run_settings(settings, lambda simulation: advance(simulation.world.size))
    with progress(twin_months(settings, result.simulation.world.founders)) as advance:
        follow_twins(result, lambda simulation: advance(simulation.world.size))
    folder = write(result, {"command": "emergence run " + " ".join(overrides)})
    if settings.output.report:
        from emergence.report.html import write_report
        from emergence.report.words import summary

        report = write_report(result, folder)
        print()
        for line in summary(result):
            print(line)
        print(f"\nReport: {report.resolve()}")
    print(f"Tables: {folder.resolve()}  ({time.perf_counter() - began:.1f} s)")
    return result


class progress:
    """A bar on standard error that counts months; silent where there is no terminal."""

    def __init__(self, months: int) -> None:
        from tqdm import tqdm

        self.bar = tqdm(
            total=months,
            unit=" months",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            leave=False,
            ncols=80,
        )

    def __enter__(self) -> Callable[[int], None]:
        def advance(firms: int) -> None:
            self.bar.set_postfix_str(f"{firms:,} firms", refresh=False)
            self.bar.update()

        return advance

    def __exit__(self, *_: object) -> None:
        self.bar.close()


def command_sweep(words: list[str]) -> int:
    """Run a study, or go on with it, and say what came out."""
    from emergence.study.spec import study_lines

    if any(word in ("-h", "--help") for word in words):
        print(SWEEP_HELP + "\n".join(study_lines()))
        return DONE
    from emergence.study.progress import Teller
    from emergence.study.sweep import carry_out, read_words, result_lines

    asked, teller = read_words(words), Teller()
    tell_compiling()
    result = stoppable(
        "sweep",
        asked.folder,
        teller,
        lambda: carry_out(asked.study, asked.folder, asked.engine, asked.force, teller.tell, teller.show),
    )
    if isinstance(result, int):
        return result
    print("\n".join(result_lines(result)))
    if asked.report and len(result.summary):
        result.analyse()
        print(f"Report: {(result.folder / 'report.html').resolve()}")
    return FAILED if result.failed else DONE


def command_compare(words: list[str]) -> int:
    """Run scenarios under the same lucks, write the report, and say what differs."""
    if any(word in ("-h", "--help") for word in words):
        print(COMPARE_HELP)
        return DONE
    from emergence.study.compare import read_words, result_lines
    from emergence.study.progress import Teller

    line, teller = read_words(words), Teller()
    tell_compiling()
    with line.asked as asked:
        found = stoppable("compare", asked.folder, teller, lambda: asked.carry_out(line.engine, line.force, teller))
    if isinstance(found, int):
        return found
    print("\n".join(result_lines(found)))
    print(f"\nReport: {found.report.resolve()}\nTables: {found.result.folder.resolve()}")
    return FAILED if found.result.failed else DONE


def stoppable(command: str, folder: Path, teller: Teller, job: Callable[[], T]) -> T | int:
    """Do a long job; return its result, or the exit code if it was stopped or the disk is full."""
    from emergence.study.store import DiskFull

    try:
        return job()
    except KeyboardInterrupt:
        teller.close()
        say(f"\nstopped; what was finished is kept in {folder}. The same command goes on.")
        return INTERRUPTED
    except DiskFull as full:
        teller.close()
        say(f"emergence {command}: {full}")
        return FAILED
    finally:
        teller.close()


def command_explain(words: list[str]) -> int:
    """Print the rules in the order of a month, what they read and write, and what they cost."""
    if any(word in ("-h", "--help") for word in words):
        print("emergence explain [key=value ...]\n\nThe phases of a month in order, the rule behind each, on or off,")
        print("what it reads and writes, its time in a short run, and the parameters that the conditions set.")
        return DONE
    from emergence.compose import compose

    settings = compose(words)
    tell_compiling()
    from emergence.describe import explain_lines

    print("\n".join(explain_lines(settings)))
    return DONE


def command_list(words: list[str]) -> int:
    """Print what there is to choose from, one line each."""
    if any(word in ("-h", "--help") for word in words):
        print("emergence list [plugins=[MODULE,...]]\n\nScenarios, networks, orchestrations, rules and measures.")
        return DONE
    from emergence.compose import compose
    from emergence.describe import list_lines

    compose(words)
    print("\n".join(list_lines()))
    return DONE


def tell_compiling() -> None:
    """Say what a first run waits for."""
    from emergence.kernels import compiled_before

    if not compiled_before():
        say("first run on this machine: compiling the kernels, about half a minute, only once ...")


def command_check(words: list[str]) -> int:
    """Say everything that is wrong with a network's files; refused when `run` would refuse them."""
    files = [word for word in words if not word.startswith("-") and "=" not in word]
    keys = dict(word.partition("=")[::2] for word in words if "=" in word)
    if not 1 <= len(files) <= 2 or set(keys) - {"network.year", "network.layer"} or "--help" in words:
        print("emergence check FILE [FIRMS.csv] [network.year=YEAR] [network.layer=LAYER]\n")
        print("Reads a network (CSV, GraphML, GEXF, JSON) as `run network=file` would and lists every fault")
        print("with its line and column. A scenario (YAML) is checked as `run scenario=FILE.yaml` would read it.")
        return DONE if "--help" in words else REFUSED
    if files[0].lower().endswith((".yaml", ".yml")):
        return check_scenario(files[0])
    from emergence.compose import compose
    from emergence.network_io import read_network

    network = compose([f"{key}={value}" for key, value in keys.items()]).network
    try:
        read = read_network(files[0], files[1] if len(files) == 2 else None, network.year, network.layer)
    except Refusal as refusal:
        if not refusal.problems:
            raise
        print("\n".join(refusal.problems), file=sys.stderr)
        print(f"{len(refusal.problems)} to put right", file=sys.stderr)
        return REFUSED
    print(f"{len(read.ids)} firms, {read.source.size} ties: nothing wrong")
    print("\n".join(read.notes))
    return DONE


def check_scenario(file: str) -> int:
    """Say all that is wrong with a scenario file, down to shocks that would strike nobody, or that `run` takes it."""
    from emergence.build import make_simulation
    from emergence.compose import compose, faults_in_file

    document = faults_in_file(file)
    if not document.faults:
        try:
            settings = compose([f"scenario={file}"])
            settings.firms = min(settings.firms, 20_000)
            make_simulation(settings)
        except Refusal as refusal:
            for problem in refusal.problems or [str(refusal)]:
                document.note("network.ties" if refusal.problems else re.split(r"[:, ]", problem)[0], problem)
    if document.faults:
        print("\n".join(document.told()), file=sys.stderr)
        print(f"{len(document.faults)} to put right", file=sys.stderr)
        return REFUSED
    print(
        f"scenario {settings.scenario}, {settings.steps} months, {len(settings.timeline)} dated changes: nothing wrong"
    )
    return DONE


def command_validate(words: list[str]) -> int:
    """Run the replication suite and compare with what is published."""
    if any(word in ("-h", "--help") for word in words):
        from emergence.validation.tell import help_lines

        print("\n".join(help_lines()))
        return DONE
    tell_compiling()
    from emergence.validation import Report, run_suite, tell
    from emergence.validation.suite import FACTS

    suite, names, path = tell.read_words(words)
    tell.check_writable(path)
    if suite == FACTS:
        return validate_facts(names, path)
    reports: list[Report] = []
    for report in run_suite(suite, names, lambda case: say(f"{case.id}: {case.source} ...")):
        if not reports:
            print(tell.head_line())
        print("\n".join(tell.table_lines(report)), flush=True)
        reports.append(report)
    print("\n".join(tell.closing_lines(reports)))
    if path is not None:
        tell.write_json(path, tell.results_of(suite, reports))
    return DONE if all(report.ok for report in reports) else FAILED


def validate_facts(names: list[str], path: Path | None) -> int:
    """Measure the stylised facts in the full default world and compare with what is published."""
    from emergence.facts import suite, tell
    from emergence.validation.tell import write_json

    chosen, began, records = suite.find_facts(names), time.perf_counter(), []
    for number, one in enumerate(suite.records_of(), 1):
        records.append(one)
        say(f"world {number} of {len(suite.JUDGING)} ...")
    findings, seconds = suite.measure_facts(records, chosen), time.perf_counter() - began
    print("\n".join(tell.table_lines(findings)))
    print("\n".join(tell.closing_lines(findings, f"{len(records)} worlds of {suite.FIRMS:,} firms", seconds)))
    if path is not None:
        worlds = {"seeds": list(suite.JUDGING), "firms": suite.FIRMS, "months": suite.MONTHS, "settled": suite.SETTLED}
        write_json(path, tell.results_of(findings, worlds, seconds))
    return DONE if all(one.ok for one in findings) else FAILED


def command_demo(words: list[str]) -> int:
    """Serve the live page on this machine until Ctrl-C."""
    if any(word in ("-h", "--help") for word in words):
        print("emergence demo [scenario=NAME or FILE.yaml] [port=0] [browser=true] [key=value ...]\n")
        print("Opens a page in your browser on which a network lives: play it, pull levers, shock it.")
        print("It answers on this machine only (127.0.0.1) and needs no internet. Ctrl-C ends it.")
        return DONE
    own = {key: value for key, _, value in (word.partition("=") for word in words) if key in ("port", "browser")}
    port, browser = own.get("port", "0"), own.get("browser", "true")
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise Refusal(f"port={port}: a whole number from 0 to 65535 is needed; 0 takes a free one")
    if browser not in ("true", "false"):
        raise Refusal(f"browser={browser}: true or false is needed")
    rest = [word for word in words if word.partition("=")[0] not in own]
    firms = next((word.partition("=")[2] for word in rest if word.startswith("firms=")), None)
    from emergence.page.limits import MOST_FIRMS, check_firms

    if firms is not None and firms.isdigit() and int(firms) > MOST_FIRMS:
        check_firms(int(firms))
    from emergence.compose import compose

    settings = compose(rest)
    tell_compiling()
    from emergence.page.server import for_page, run

    try:
        run(for_page(settings, None if firms is None else settings.firms), int(port), browser == "true", announce)
    except KeyboardInterrupt:
        pass
    return DONE


def announce(text: str) -> None:
    """Print a line at once, whoever reads it."""
    print(text, flush=True)


def command_completion(words: list[str]) -> int:
    """Print what makes a shell complete commands, keys and names: ``eval "$(emergence completion)"``."""
    from emergence.compose import groups
    from emergence.config import known_keys
    from emergence.study.engine import ENGINES
    from emergence.study.spec import studies

    names = [f"{group}={option}" for group, options in groups().items() for option in options]
    names += [f"study={study}" for study in studies()] + [f"engine={engine}" for engine in ENGINES]
    choices = " ".join([*COMMANDS, "--help", *names, *(f"{key}=" for key in known_keys())])
    print(COMPLETION.replace("@CHOICES@", choices))
    return DONE


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": command_run,
    "sweep": command_sweep,
    "demo": command_demo,
    "compare": command_compare,
    "check": command_check,
    "explain": command_explain,
    "validate": command_validate,
    "list": command_list,
    "completion": command_completion,
}


def say(text: str) -> None:
    """Print a line for the one who waits, on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
