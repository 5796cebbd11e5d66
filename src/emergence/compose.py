"""Hydra: configs and overrides to checked settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emergence.config import EXTRA_RULES, Settings, config_folder, defaults, known_keys
from emergence.errors import Refusal, nearest
from emergence.files.document import Document
from emergence.files.plain import literal
from emergence.files.scenario import is_file, read_scenario
from emergence.reading import fault_together, faults_in, read_settings
from emergence.rules.own import load_plugins

MOST_FAULTS = 300  # of one file that are listed
# Their values are file names, whatever characters are in them.
FILES = ("network.ties", "network.firms", "output.folder")


def groups() -> dict[str, list[str]]:
    """Return the config groups and their options."""
    return {
        folder.name: sorted(file.stem for file in folder.glob("*.yaml"))
        for folder in sorted(config_folder().iterdir())
        if folder.is_dir() and folder.name != "study" and any(folder.glob("*.yaml"))
    }


def register() -> None:
    """Store the typed defaults under the name ``settings``, for hydra to start from."""
    from hydra.core.config_store import ConfigStore

    ConfigStore.instance().store(name="settings", node=defaults())


def compose(overrides: Sequence[str] = ()) -> Settings:
    """Return the settings that a list of ``key=value`` overrides describes.

    Parameters
    ----------
    overrides : sequence of str
        As on the command line: ``firms=500``, ``scenario=florence``, ``conditions.diversity=.2``.

    Raises
    ------
    Refusal
        For an unknown key or name, or a value out of range, with the nearest valid choice.
    """
    overrides, name = from_file(overrides)
    load_named_plugins(overrides)
    check_names(overrides)
    spelled = [override for override in overrides if is_spelled_out(override)]
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    register()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            composed = hydra_compose("emergence", overrides=[as_hydra(o) for o in overrides if o not in spelled])
            values = OmegaConf.to_container(composed, resolve=True)
        if name:
            values["scenario"] = name  # type: ignore[call-overload, index]
        for override in OverridesParser.create().parse_overrides(spelled):
            values["groups"] = override.value()  # type: ignore[call-overload, index]
    except (HydraException, OmegaConfBaseException) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise Refusal("the overrides were not understood: " + " ".join(lines[:2])) from None
    return read_values(values)


def from_file(overrides: Sequence[str]) -> tuple[list[str], str]:
    """Put what a scenario file says in the place of ``scenario=FILE.yaml``, and return its name as well.

    What else is on the command line stands behind it, so it wins.
    """
    found: list[str] = []
    rest, title = [], ""
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "scenario" and is_file(value.strip("'\"")):
            title, said, document = read_scenario(value.strip("'\""))
            if not document.faults:
                # Two are enough to know that there are more.
                note_faults(document, said, 2)
            document.refuse()
            found = [f"{name}={literal(one)}" for name, one in said.items()]
        else:
            rest.append(override)
    return found + rest, title


def faults_in_file(path: str) -> Document:
    """Return a scenario file with all that is wrong with its keys and values noted, up to a few hundred."""
    _, said, document = read_scenario(path)
    note_faults(document, said, MOST_FAULTS)
    return document


def note_faults(document: Document, said: Mapping[str, Any], most: int) -> None:
    """Note what is wrong with the keys and values that a scenario file sets, one by one and together."""
    names, whole = known_names(), {}  # type: ignore[var-annotated]
    for key, value in said.items():
        if len(document.faults) >= most:
            return
        try:
            check_name(f"{key}={literal(value)}", *names)
        except Refusal as refusal:
            document.note(key, str(refusal))
            continue
        if key in names[1] and isinstance(value, str):  # an option of a config group, and one alone
            if value not in names[1][key]:
                document.note(key, f"{key}: there is no '{value}'; {nearest(value, names[1][key])}")
            continue
        found = faults_in(put_in({}, key, value))
        for place, why in found:
            document.note(place, why)
        if not found:
            put_in(whole, key, value)
    if not document.faults and (fault := fault_together(whole)):
        document.note(*fault)


def put_in(values: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Set a dotted key of a nested dict, and return the dict."""
    *path, last = key.split(".")
    section = values
    for name in path:
        section = section.setdefault(name, {})
    section[last] = value
    return values


def is_spelled_out(override: str) -> bool:
    """Tell whether an override writes the groups out, ``groups=[{share: .5}]``, instead of naming a config of them."""
    return override.startswith("groups=[")


def as_hydra(override: str) -> str:
    """Write an override as hydra wants it: file names quoted, parameters of a rule from outside as new keys."""
    key, equals, value = override.partition("=")
    if key in FILES and value and value[0] not in "'\"" and value != "null":
        value = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return ("++" if key.startswith("extra.") else "") + key + equals + value


def read_values(values: Any) -> Settings:
    """Return checked settings from what hydra composed."""
    values = {str(key): value for key, value in values.items() if key != "hydra"}
    return read_settings(values)


def load_named_plugins(overrides: Sequence[str]) -> None:
    """Import the modules that ``plugins=[...]`` names, so that their rules have keys."""
    for override in overrides:
        name, _, value = override.partition("=")
        if name == "plugins":
            load_plugins([module.strip(" '\"") for module in value.strip("[]").split(",") if module.strip()])


def check_names(overrides: Sequence[str]) -> None:
    """Refuse unknown keys and options before hydra sees them, with the nearest valid name."""
    names = known_names()
    for override in overrides:
        check_name(override, *names)


def known_names() -> tuple[set[str], dict[str, list[str]], set[str]]:
    """Return all keys, the config groups with their options, and all sections."""
    keys: set[str] = set(known_keys())
    keys |= {f"extra.{rule}.{name}" for rule, names in EXTRA_RULES.items() for name in names}
    return keys, groups(), {key.rsplit(".", depth)[0] for key in keys for depth in range(1, key.count(".") + 1)}


def check_name(override: str, keys: set[str], options: Mapping[str, list[str]], sections: set[str]) -> None:
    """Refuse an override of an unknown key, or an option that is not there, with the nearest valid name."""
    if override.startswith("hydra.") or override.startswith("hydra/"):
        return
    name, equals, value = override.partition("=")
    if not equals:
        raise Refusal(f"'{override}' is not an override; write key=value, such as firms=500")
    name = name.lstrip("+~")
    if name == "study":
        raise Refusal(f"{override}: one run has no study; emergence sweep {override}")
    if name in options:
        wanted = value.strip("'\"")
        if name == "scenario" and wanted.endswith((".yaml", ".yml")):
            raise Refusal(f"scenario={wanted}: a file is read without --multirun, --cfg and the like")
        if is_spelled_out(override):
            return
        several = ("," in wanted or "(" in wanted) and wanted[:1] not in ("[", "{")
        if wanted not in options[name] and not several:
            raise Refusal(f"{name}={wanted}: there is no such {name}; {nearest(wanted, options[name])}")
    elif name.split("[")[0] not in keys and name not in sections:
        raise Refusal(f"unknown key '{name}': {nearest(name, keys | set(options))}")
