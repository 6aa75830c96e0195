"""Firewall managers, units, versions and files of a host from their readings, and the plans of hairpin.

Units come from ``systemctl show``: blocks of ``Key=value`` lines, an empty line between units.  Versions are kept as
the programs print them.  The name of a version is the program's command (``iptables``, ``nft``, ``ip``; also
``kernel``, ``systemd``), ``package:NAME`` for a package, or ``os`` for the distribution.

Each unfinished plan of hairpin is one line, whose parts are separated by tabs:

    line := ("own" | "other") number state ("watched" | "dead") (seconds | "-")

The output of ``ufw status``:

    status  := "Status: " ("active" | "inactive") NL ["Default: " policy ("," policy)*]
    policy  := ("allow" | "deny" | "reject" | "disabled") " (" ("incoming" | "outgoing" | "routed") ")"

Source: ufw src/backend_iptables.py get_status(), backend.py _get_default_policy()

The state of a plan is ``open``, ``keeping`` or ``ending`` if a shell read the journal.  The state is a ``PlanStage`` if
hairpin read the journal.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, get_args

import msgspec

from hairpin.evidence.reading import Evidence, Reading
from hairpin.host.managers import (
    CloudAddress,
    ConfigFile,
    DirectRule,
    Firewalld,
    FirewalldZone,
    ScriptLine,
    Ufw,
    Unit,
    Version,
    command_of,
)
from hairpin.host.plan_under_way import PlanStage, PlanUnderWay
from hairpin.host.read.managers import assignments
from hairpin.host.read.managers.assignments import value_of
from hairpin.host.read.readings import Readings, later
from hairpin.host.rule_tools import ModuleFiles, RuleTools
from hairpin.netfilter.address import Prefix, prefix_of

_POLICIES = {"deny": "DROP", "reject": "REJECT", "allow": "ACCEPT"}
_POLICY = re.compile(r"(\w+) \((incoming|outgoing|routed)\)")
_VALUE = re.compile(
    r"(?:(?:export|readonly|local|declare)\s+)?(?P<name>[A-Za-z_]\w*)="
    r"[\"'`$(]*(?:(?:which|command -v)\s+)?"
    r"(?P<tool>(?:[^\s\"'`()]*/s?bin/)?(?:ip6?tables(?:-nft|-legacy)?|ipset|nft|ebtables|sysctl|ufw|firewall-cmd)"
    r"(?: +-[\w-]+)*)"
    r"[\"'`)]*\s*(?:;|&&|$)"
)
_USE = re.compile(r"\$\{?(\w+)\}?")


if TYPE_CHECKING:
    from hairpin.host.read.managers.firewalld_runtime import RuntimeZones

# In order of precedence: ufw, for example, sets its sysctls after the system's sysctl files are applied.
_FILE_KEYS = (
    "file", "ufw-sysctl", "ufw-conf", "ufw-default", "ufw-rules", "firewalld-conf", "firewalld-zones-permanent",
    "daemon-json", "os-release",
)  # fmt: skip
_ANSWERS_FOR = {"uname": "kernel", "systemctl": "systemd"}
_DPKG = re.compile(r"(\S{2,3}) +(\S+) +(\S+)")
_RPM = re.compile(r"([A-Za-z0-9_.+-]+) ([0-9]\S*)")  # pacman prints packages in the same form
_APK = re.compile(r"([A-Za-z0-9_.+-]+?)-([0-9]\S*)")
_PARTS = 5
_WITH_END: tuple[PlanStage, ...] = ("tried", "half-done", "under-way", "interrupted")


def plans(readings: Readings) -> tuple[PlanUnderWay, ...]:
    """Return the plans of hairpin that had not ended when the host was read."""
    reading = readings.first("plans")
    return _plans_of(reading) if reading is not None else ()


def plans_in(evidence: Evidence) -> tuple[PlanUnderWay, ...]:
    """Return the plans in an evidence without parsing any other part of the evidence."""
    reading = evidence.find("plans", "")
    return _plans_of(reading) if reading is not None and reading.outcome == "text" else ()


def _plans_of(reading: Reading) -> tuple[PlanUnderWay, ...]:
    """Return the plans in the reading, with the stages that they had at the time of the reading."""
    try:
        now = datetime.fromisoformat(reading.at).timestamp()
    except ValueError:
        now = None
    return plans_under_way(reading.text, now)


def firewalld(readings: Readings, versions: tuple[Version, ...]) -> Firewalld | None:
    """Return firewalld's state; None if the host has neither a process nor a configuration of firewalld."""
    state, conf = readings.first("firewalld-state"), readings.first("firewalld-conf")
    if state is None and conf is None:
        return None
    runtime = _runtime(readings)
    backend = assignments.value_of(conf.text, "FirewallBackend") if conf is not None else None
    default = assignments.value_of(conf.text, "DefaultZone") if conf is not None else None
    reading = state or conf
    return Firewalld(
        running=state is not None and state.text.strip() == "running",
        version=next((item.text for item in versions if item.program == "package:firewalld"), ""),
        backend=backend or None,
        default_zone=(runtime.default_zone if runtime is not None else None) or default or None,
        runtime=runtime.zones if runtime is not None else (),
        permanent=readings.all_understood(readings.of("firewalld-zones-permanent"), _permanent),
        direct=readings.all_understood(readings.of("firewalld-zones-permanent"), _direct),
        evidence=reading.id if reading is not None else "",
    )


def ufw(readings: Readings) -> Ufw | None:
    """Return ufw's state from its files, or from ``ufw status`` in a pasted text; None if ufw is not installed."""
    conf, default = readings.first("ufw-conf"), readings.first("ufw-default")
    if conf is None:
        said = readings.first("ufw-status")
        if said is None:
            return None

        return status(said)
    policies, hooks = default.text if default is not None else "", readings.first("ufw-hooks")
    return Ufw(
        enabled=(assignments.value_of(conf.text, "ENABLED") or "").lower() == "yes",
        default_forward_policy=assignments.value_of(policies, "DEFAULT_FORWARD_POLICY"),
        default_input_policy=assignments.value_of(policies, "DEFAULT_INPUT_POLICY"),
        scripts=tuple(hooks.text.split()) if hooks is not None else None,
        evidence=conf.id,
    )


def units(readings: Readings) -> tuple[Unit, ...]:
    """Return the units that systemd knows."""
    found = tuple(unit for reading in readings.of("units") for unit in units_of(reading))
    filtering = readings.first("unit-filters")
    if filtering is None:
        return found
    with_filters: Callable[[tuple[Unit, ...], Reading], tuple[Unit, ...]] = later("managers.unit_filters.with_filters")
    found, own = with_filters(found, filtering), readings.first("unit-networks")
    if own is None:
        return found
    from hairpin.host.read.engines.placement import places  # noqa: PLC0415 - few hosts have such units
    from hairpin.host.read.managers import unit_filters, unit_networks  # noqa: PLC0415

    known = places(tuple(each.text for each in readings.of("namespaces")))
    return unit_networks.with_networks(found, own, unit_filters.lines_of_units(filtering), known)


def boot_lines(readings: Readings) -> tuple[ScriptLine, ...]:
    """Return the lines that program the network at boot or from cron: first the lines of scripts, then the lines of
    units."""
    found = (
        *((reading, "", line) for reading in readings.of("boot-scripts") for line in reading.text.split("\n")),
        *(
            (reading, unit, line)
            for reading in readings.of("boot-units")
            for unit, _, line in (each.partition("\t") for each in reading.text.split("\n"))
        ),
    )
    lines = tuple(
        ScriptLine(path, int(number), command_of(text), unit, reading.id)
        for reading, unit, line in found
        for path, number, text in (line.split(":", 2) if line.count(":") > 1 else ("", "", ""),)
        if path and number.isdecimal() and text.strip()[:1] != "#"
    )
    if not any("$" in each.text for each in lines):
        return lines

    return with_variables_replaced(lines)


def versions(readings: Readings) -> tuple[Version, ...]:
    """Return the versions: first of the programs, then of the packages, then of the distribution."""
    programs = (program_version(reading) for reading in readings.of("versions"))
    packages = (version for reading in readings.of("packages") for version in package_versions(reading))
    distribution = (distribution_version(reading) for reading in readings.of("os-release"))
    found = (*programs, *packages, *distribution)
    return tuple(version for version in found if version is not None)


def files(readings: Readings) -> tuple[ConfigFile, ...]:
    """Return the configuration files; sysctl files are in the order in which they are applied."""
    return tuple(
        ConfigFile(reading.origin, reading.text, reading.id) for key in _FILE_KEYS for reading in readings.of(key)
    )


def cloud_addresses(readings: Readings) -> tuple[CloudAddress, ...]:
    """Return the host's public addresses that cloud-init's file names."""
    return readings.all_understood(readings.of("cloud-init"), later("managers.cloud.addresses"))


def klog(readings: Readings) -> tuple[str, ...]:
    """Return the kernel log's lines that concern the network."""
    return tuple(line for reading in readings.of("klog") for line in reading.text.split("\n") if line.strip())


def rule_tools(readings: Readings) -> RuleTools:
    """Return the readings about the tools that make the host's rules.  The collector makes a reading about a tool only
    if it finds something unusual."""
    check, programs = readings.first("iptables-check"), readings.first("iptables-programs")
    lock = readings.first("xtables-lock")
    return RuleTools(
        check=later("managers.rule_tools_text.check")(check) if check is not None else None,
        programs=later("managers.rule_tools_text.programs")(programs) if programs is not None else None,
        lock=later("managers.rule_tools_text.lock_users")(lock) if lock is not None else (),
        modules=_modules(readings),
    )


def _modules(readings: Readings) -> ModuleFiles | None:
    files, loaded = readings.first("module-files"), readings.first("modules")
    if files is None:
        return None
    there = files.text.strip() != "not there"
    return ModuleFiles(
        folder=files.origin.partition("/modules.dep")[0],
        there=there,
        modules=later("managers.rule_tools_text.module_names")(files.text) if there else None,
        forbidden=later("managers.rule_tools_text.forbidden")(files.text),
        loaded=later("managers.rule_tools_text.loaded_modules")(loaded.text) if loaded is not None else None,
        evidence=files.id,
    )


def _runtime(readings: Readings) -> "RuntimeZones | None":
    """Return what a running firewalld has answered; None if it was not asked, or its answer cannot be parsed."""
    reading = readings.first("firewalld-zones")
    if reading is not None:
        answered: RuntimeZones | None = readings.understood(reading, later("managers.firewalld_runtime.of_bus"), None)
        return answered
    worded = readings.first("firewalld-zones-text")
    if worded is None:
        return None
    found: RuntimeZones = later("managers.firewalld_runtime.of_words")(worded.text)
    return found


def _permanent(reading: Reading) -> tuple[FirewalldZone, ...]:
    folder, _, file = reading.origin.rpartition("/")
    if folder != "/etc/firewalld/zones" or not file.endswith(".xml"):
        return ()
    from hairpin.host.read.managers import firewalld_xml  # noqa: PLC0415 - most hosts have no firewalld

    return (firewalld_xml.zone(reading, name=file.removesuffix(".xml")),)


def _direct(reading: Reading) -> tuple[DirectRule, ...]:
    if not reading.origin.endswith("/direct.xml"):
        return ()
    from hairpin.host.read.managers import firewalld_xml  # noqa: PLC0415 - most hosts have no firewalld

    return firewalld_xml.direct_rules(reading)


_PORT = re.compile(r"^Listen\w*=\S+:\d+", re.MULTILINE)


def units_of(reading: Reading) -> tuple[Unit, ...]:
    """Return the units that exist, in the order of the reading."""
    found: list[Unit] = []
    known: set[str] = set()
    for block in reading.text.replace("\r", "").split("\n\n"):
        pairs = (line.partition("=") for line in block.split("\n"))
        values = {key: value for key, equals, value in pairs if equals}
        name = values.get("Id", "")
        if not name or values.get("LoadState") == "not-found" or name in known:
            continue
        if name.endswith(".socket") and name != "docker.socket" and "Listen" in block and not _PORT.search(block):
            continue  # it listens on a path
        known.add(name)
        found.append(
            Unit(
                name=name,
                active=values.get("ActiveState", ""),
                enabled=values.get("UnitFileState", ""),
                after=tuple(values.get("After", "").split()),
                before=tuple(values.get("Before", "").split()),
                part_of=tuple(values.get("PartOf", "").split()),
                evidence=reading.id,
                allows=_prefixes(values.get("IPAddressAllow", "")),
                denies=_prefixes(values.get("IPAddressDeny", "")),
                restarts=int(count) if (count := values.get("NRestarts", "")).isdecimal() else 0,
                kill_mode=values.get("KillMode", ""),
                main_pid=int(main) if (main := values.get("MainPID", "")).isdecimal() else 0,
            )
        )
    return tuple(found)


def _prefixes(text: str) -> tuple[Prefix, ...]:
    """Return the prefixes as ``systemctl show`` prints them: ``0.0.0.0/0 ::/0``."""
    found: list[Prefix] = []
    for word in text.split():
        with suppress(ValueError):
            found.append(prefix_of(word))
    return tuple(found)


def program_version(reading: Reading) -> Version | None:
    """Return a program's version as the program printed it (``-V``).  The program's name is the first word of the
    reading's command.  In the output of ``uname -a``, the second word is omitted, because it is the host's name."""
    first = reading.text.strip().partition("\n")[0].strip()
    words = reading.origin.rpartition("/")[2].split()
    if not first or not words:
        return None
    if words[0] == "uname":
        first = " ".join(word for place, word in enumerate(first.split(" ")) if place != 1)
    return Version(_ANSWERS_FOR.get(words[0], words[0]), first, reading.id)


def package_versions(reading: Reading) -> tuple[Version, ...]:
    """Return the installed packages of ``dpkg-query``, ``rpm -q``, ``apk info -v`` or ``pacman -Q``."""
    found: list[Version] = []
    for line in reading.text.split("\n"):
        name = version = ""
        if match := _DPKG.fullmatch(line.strip()):
            if match[1][1] == "i":
                name, version = match[2], match[3]
        elif match := _RPM.fullmatch(line.strip()) or _APK.fullmatch(line.strip()):
            name, version = match[1], match[2]
        if name:
            found.append(Version(f"package:{name}", version, reading.id))
    return tuple(found)


def distribution_version(reading: Reading) -> Version | None:
    """Return the distribution's name as people write it, as a version."""
    name = value_of(reading.text, "PRETTY_NAME") or value_of(reading.text, "NAME")
    return Version("os", name, reading.id) if name else None


def plans_under_way(text: str, now: float | None) -> tuple[PlanUnderWay, ...]:
    """Return the plans in the text, which lists the plans that were begun on this host first.  ``now``: the time of the
    reading, by the host's clock."""
    return tuple(_plans(text, now))


def _plans(text: str, now: float | None) -> Iterator[PlanUnderWay]:
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == _PARTS and parts[1].isdecimal():
            whose, plan, state, watched, end = parts
            until = float(end) if end.isdecimal() else None
            stage = _stage(state, until, now) if watched == "watched" else "interrupted"
            ends = until if stage in _WITH_END and watched == "watched" else None
            yield PlanUnderWay(plan, stage, ends, from_elsewhere=whose == "other")


def _stage(state: str, until: float | None, now: float | None) -> PlanStage:
    if state in get_args(PlanStage):
        stage: PlanStage = msgspec.convert(state, PlanStage)
        return stage
    if state == "keeping":
        return "kept"
    is_over = until is not None and now is not None and until <= now
    return "taken-back" if state == "ending" or is_over else "under-way"


def with_variables_replaced(lines: Iterable[ScriptLine]) -> tuple[ScriptLine, ...]:
    """Return the lines with the tools in place of these variables, without the lines that only set such a variable.

    ``lines``: the lines of each script in their order.  A variable keeps its value within its script."""
    held: dict[tuple[str, str], dict[str, str]] = {}
    found: list[ScriptLine] = []
    for line in lines:
        own = held.setdefault((line.unit, line.path), {})
        text = line.text
        while (value := _VALUE.match(text)) is not None:
            own[value["name"]] = value["tool"]
            text = text[value.end() :].strip()
        if text:
            for use in reversed(tuple(_USE.finditer(text))):
                tool = own.get(use[1], use[0])
                text = f"{text[: use.start()]}{tool}{text[use.end() :]}"
            found.append(line if text == line.text else msgspec.structs.replace(line, text=text))
    return tuple(found)


def status(reading: Reading) -> Ufw:
    """Return ufw's state.  ufw is enabled if its rules are loaded, because ``ufw enable`` loads the rules now and at
    each start.  If ufw says ``disabled`` for routed packets, their policy is not known: the kernel then forwards no
    packet.
    """
    default = re.search(r"^Default: (.*)$", reading.text, re.MULTILINE)
    told = {chain: _POLICIES.get(word) for word, chain in _POLICY.findall(default[1])} if default is not None else {}
    return Ufw(
        enabled=re.search(r"^Status: active$", reading.text, re.MULTILINE) is not None,
        default_forward_policy=told.get("routed"),
        default_input_policy=told.get("incoming"),
        evidence=reading.id,
    )
