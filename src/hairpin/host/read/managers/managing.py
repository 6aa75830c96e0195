"""Firewall managers, units, versions and files of a host from their readings, and hairpin's own plans."""

from datetime import datetime

from hairpin.evidence.reading import Evidence, Reading
from hairpin.host.boot.unit_lines import command_of
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
)
from hairpin.host.plan_under_way import PlanUnderWay
from hairpin.host.read.managers import (
    assignments,
    cloud_init,
    firewalld_runtime,
    firewalld_xml,
    rule_tools_text,
    units_text,
    versions_text,
)
from hairpin.host.read.managers.firewalld_runtime import RuntimeZones
from hairpin.host.read.managers.plans import plans_under_way
from hairpin.host.read.readings import Readings
from hairpin.host.rule_tools import ModuleFiles, RuleTools

# In the order of precedence, where there is one: ufw sets its sysctls after the system's.
_FILE_KEYS = (
    "file", "ufw-sysctl", "ufw-conf", "ufw-default", "ufw-rules", "firewalld-conf", "firewalld-zones-permanent",
    "daemon-json", "os-release",
)  # fmt: skip


def plans(readings: Readings) -> tuple[PlanUnderWay, ...]:
    """Return hairpin's own plans that had not ended when the host was read."""
    reading = readings.first("plans")
    return plans_of(reading) if reading is not None else ()


def plans_in(evidence: Evidence) -> tuple[PlanUnderWay, ...]:
    """Return the plans of an evidence of which nothing else has to be known."""
    reading = evidence.find("plans", "")
    return plans_of(reading) if reading is not None and reading.outcome == "text" else ()


def plans_of(reading: Reading) -> tuple[PlanUnderWay, ...]:
    """Return the plans of the reading, as they stood when it was made."""
    try:
        now = datetime.fromisoformat(reading.at).timestamp()
    except ValueError:
        now = None
    return plans_under_way(reading.text, now)


def firewalld(readings: Readings, versions: tuple[Version, ...]) -> Firewalld | None:
    """Return firewalld's state; None if neither a process nor its configuration is there."""
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
        default_zone=runtime.default_zone or default or None,
        runtime=runtime.zones,
        permanent=readings.all_understood(readings.of("firewalld-zones-permanent"), _permanent),
        direct=readings.all_understood(readings.of("firewalld-zones-permanent"), _direct),
        evidence=reading.id if reading is not None else "",
    )


def ufw(readings: Readings) -> Ufw | None:
    """Return ufw's state; None if it is not installed."""
    conf, default = readings.first("ufw-conf"), readings.first("ufw-default")
    if conf is None:
        return None
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
    return tuple(
        unit for reading in readings.of("units") for unit in units_text.parse(reading.text, evidence=reading.id)
    )


def boot_lines(readings: Readings) -> tuple[ScriptLine, ...]:
    """Return the lines that program the network at boot or from cron: of scripts, then of units."""
    found = (
        *((reading, "", line) for reading in readings.of("boot-scripts") for line in reading.text.split("\n")),
        *(
            (reading, unit, line)
            for reading in readings.of("boot-units")
            for unit, _, line in (each.partition("\t") for each in reading.text.split("\n"))
        ),
    )
    return tuple(
        ScriptLine(path, int(number), command_of(text), unit, reading.id)
        for reading, unit, line in found
        for path, number, text in (line.split(":", 2) if line.count(":") > 1 else ("", "", ""),)
        if path and number.isdecimal() and text.strip()[:1] != "#"
    )


def versions(readings: Readings) -> tuple[Version, ...]:
    """Return versions: programs first, then packages, then the distribution."""
    programs = (
        versions_text.of_program(reading.text, origin=reading.origin, evidence=reading.id)
        for reading in readings.of("versions")
    )
    packages = (
        version
        for reading in readings.of("packages")
        for version in versions_text.of_packages(reading.text, evidence=reading.id)
    )
    distribution = (
        versions_text.of_os_release(reading.text, evidence=reading.id) for reading in readings.of("os-release")
    )
    found = (*programs, *packages, *distribution)
    return tuple(version for version in found if version is not None)


def files(readings: Readings) -> tuple[ConfigFile, ...]:
    """Return the configuration files; sysctl's in the order in which they are applied."""
    return tuple(
        ConfigFile(reading.origin, reading.text, reading.id) for key in _FILE_KEYS for reading in readings.of(key)
    )


def cloud_addresses(readings: Readings) -> tuple[CloudAddress, ...]:
    """Return the public addresses that cloud-init's file names."""
    return readings.all_understood(
        readings.of("cloud-init"),
        lambda reading: cloud_init.addresses(reading.text, source=reading.origin, evidence=reading.id),
    )


def klog(readings: Readings) -> tuple[str, ...]:
    """Return the kernel log's lines that concern the network."""
    return tuple(line for reading in readings.of("klog") for line in reading.text.split("\n") if line.strip())


def rule_tools(readings: Readings) -> RuleTools:
    """Return what the host makes its rules with, as far as the collector found something to say."""
    check, programs = readings.first("iptables-check"), readings.first("iptables-programs")
    lock = readings.first("xtables-lock")
    return RuleTools(
        check=rule_tools_text.check(check.text, evidence=check.id) if check is not None else None,
        programs=rule_tools_text.programs(programs.text, evidence=programs.id) if programs is not None else None,
        lock=rule_tools_text.lock_users(lock.text, evidence=lock.id) if lock is not None else (),
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
        modules=rule_tools_text.module_names(files.text) if there else None,
        forbidden=rule_tools_text.forbidden(files.text),
        loaded=rule_tools_text.loaded_modules(loaded.text) if loaded is not None else None,
        evidence=files.id,
    )


def _runtime(readings: Readings) -> RuntimeZones:
    reading = readings.first("firewalld-zones")
    if reading is not None:
        return readings.understood(reading, lambda r: firewalld_runtime.of_bus(r.text, source=r.origin), RuntimeZones())
    worded = readings.first("firewalld-zones-text")
    return firewalld_runtime.of_words(worded.text) if worded is not None else RuntimeZones()


def _permanent(reading: Reading) -> tuple[FirewalldZone, ...]:
    folder, _, file = reading.origin.rpartition("/")
    if folder != "/etc/firewalld/zones" or not file.endswith(".xml"):
        return ()
    return (firewalld_xml.zone(reading.text, name=file.removesuffix(".xml"), source=reading.origin),)


def _direct(reading: Reading) -> tuple[DirectRule, ...]:
    if not reading.origin.endswith("/direct.xml"):
        return ()
    return firewalld_xml.direct_rules(reading.text, source=reading.origin, evidence=reading.id)
