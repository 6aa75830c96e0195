"""A program of the table is known to everybody who knows programs by their names."""

import re
from collections.abc import Callable
from fnmatch import fnmatch

import pytest

from hairpin.change.change import InsertRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.evidence.redact import redact
from hairpin.evidence.redact_own import is_known_unit
from hairpin.host.boot.rule_keeper import saved_files
from hairpin.host.managers import ConfigFile, Unit
from hairpin.netfilter.evaluate.chain import Place, place_of
from hairpin.netfilter.ir import Chain, NameMatch, Rule, Table, Verdict
from hairpin.network.network import Network
from hairpin.programs import PROGRAMS, KnownProgram, chains_of, program_of, units_of
from hairpin.remedy.decided_rules import sign_of
from hairpin.story.commands.deeds import effect_of_command
from hairpin.story.entry import Effect
from hairpin.story.logs.daemon_log import firewall_entries
from hairpin.story.logs.unit_events import full_name, packages_of_unit
from hairpin.story.logs.units import unit_changes
from tests import collector
from tests.causes.hosts import ruled, with_host, with_tables
from tests.pasted.readings import host_in
from tests.rule_text import with_chain
from tests.small_host import HOST_NETNS, network, published
from tests.story.recorded import evidence, journal, traces


def each_with(names: str) -> pytest.MarkDecorator:
    """Return the mark for each program of the table that has such names."""
    rows = tuple(each for each in PROGRAMS if getattr(each, names))
    return pytest.mark.parametrize("program", rows, ids=lambda each: each.name)


@each_with("services")
def test_the_collector_reads_the_units(program: KnownProgram) -> None:
    """The units of an instance (``wg-quick@``) are read for the usual one."""
    asked = f"{collector.function('units')} {collector.variable('HOST_SERVICES')}".split()
    traced = collector.variable("TRACE_UNITS").split()
    for unit in map(full_name, program.units):
        begins = unit.removesuffix(".service") if "@" in unit else unit
        assert any(each.startswith(begins) for each in asked), unit
        assert any(each.startswith(begins) for each in traced), unit


def test_the_collector_reads_the_errors_of_all_that_load_rules_or_settings() -> None:
    asked = re.search(r"matches _SYSTEMD_UNIT (.*)", collector.function("trace_firewalls"))
    assert asked is not None
    assert set(asked[1].split()) == set(map(full_name, units_of("firewall", "ban-list", "scripts", "sysctls")))


@each_with("packages")
def test_the_collector_reads_the_packages(program: KnownProgram) -> None:
    assert set(program.packages) <= set(collector.variable("names").split())
    traced = re.compile(collector.variable("TRACE_PACKAGES"))
    assert [each for each in (*program.packages, *program.pulled_by) if traced.match(each) is None] == []


@each_with("commands")
def test_the_collector_reads_the_commands(program: KnownProgram) -> None:
    traced = re.compile(collector.variable("TRACE_COMMANDS"))
    assert [each.name for each in program.commands if traced.search(f"/usr/sbin/{each.name} x") is None] == []


@each_with("saved")
def test_the_collector_reads_the_saved_rules(program: KnownProgram) -> None:
    read = re.findall(r'"\$root"(\S+)', collector.TEXT)
    assert [each.path for each in program.saved if not any(fnmatch(each.path, path) for path in read)] == []


@each_with("services")
def test_no_name_is_renamed(program: KnownProgram) -> None:
    assert [unit for unit in program.units if not is_known_unit(unit.partition("@")[0])] == []
    text = "".join(f"/usr/local/sbin/{each.name}\n" for each in program.commands)
    whole = evidence(("trace-logins", text))
    assert redact(whole, b"key").readings[-1].text == text


def test_a_paste_has_the_packages() -> None:
    packages = {name for each in PROGRAMS for name in each.packages}
    text = "\n".join(f"{each}-1.2-3.x86_64" for each in sorted(packages))
    assert packages <= {each.program.removeprefix("package:") for each in host_in(f"$ rpm -qa\n{text}\n").versions}


@each_with("services")
def test_the_story_knows_the_units(program: KnownProgram) -> None:
    for number, each in enumerate(program.services):
        unit = full_name(each.name)
        assert program_of(each.name) == program
        assert packages_of_unit(unit) == (*program.packages, *program.pulled_by)
        if each.described:
            line = (100.0 + number, "systemd", f"Started {each.described}.")
            assert [one.unit for one in unit_changes(traces(("trace-units", journal(line))))] == [unit]


@each_with("commands")
def test_the_story_knows_the_commands(program: KnownProgram) -> None:
    for each in program.commands:
        assert [word for word in each.changing if effect_of_command(f"{each.name} {word} x") != Effect()] == []


@each_with("logs_as")
def test_the_story_knows_who_complains(program: KnownProgram) -> None:
    for name in program.logs_as:
        line = (100.0, name, "ERROR: 'iptables-restore' failed")
        assert list(firewall_entries(traces(("trace-firewalls", journal(line))))) != [], name


OF_THIRD = "third-party-forward-chain-drops"
NAMED: dict[str, str] = {
    "ban-list": "ban-list-hits-client-or-container", "engine": OF_THIRD, "orchestrator": OF_THIRD, "vpn": OF_THIRD,
    "virtual-machines": OF_THIRD, "firewalld": "firewalld-zone-blocks-port", "ufw": "ufw-forward-policy",
}  # fmt: skip
"""The cause of a drop in a chain of the program, by its role or its name.  (Docker's own rules have a form of their
own: a drop of another form in its chains is a person's.)"""
PREFIXES = tuple((each, prefix) for each in PROGRAMS for prefix in each.chains if each.name != "docker")


@pytest.mark.parametrize(("program", "prefix"), PREFIXES, ids=lambda each: getattr(each, "name", each))
def test_a_drop_in_a_chain_is_that_of_its_program(program: KnownProgram, prefix: str) -> None:
    whole = ruled(with_chain(f"{prefix}x", "-o docker0 -j DROP"))
    named = [each.cause for each in diagnose(whole, published()).causes]
    assert (NAMED.get(program.name) or NAMED[program.role]) in named
    (place,) = (
        place_of(table, chain.name, chain.rules[0])
        for table in whole.namespace(HOST_NETNS).ruleset.tables
        for chain in table.chains
        if chain.name == f"{prefix}x"
    )
    sign = str(sign_of(place, HOST_NETNS, whole) or "")
    assert ("ban list" in sign) == (program.role == "ban-list")
    assert (sign == "") == (program.role != "ban-list")


TABLES = tuple(
    (each, f"{name}eth1" if name.endswith("-") else name)
    for each in PROGRAMS
    for name in each.tables
    if each.role in ("orchestrator", "vpn", "virtual-machines", "links")
)


@pytest.mark.parametrize(("program", "table"), TABLES, ids=lambda each: getattr(each, "name", each))
def test_a_drop_in_a_table_is_that_of_its_program(program: KnownProgram, table: str) -> None:
    whole, place = with_drop_in(table)
    (cause,) = (each for each in diagnose(whole, published()).causes if each.cause == OF_THIRD)
    assert program.name in str(cause.candidate.title)
    assert sign_of(place, HOST_NETNS, whole) is None
    (part,) = cause.candidate.change.parts
    assert isinstance(part, InsertRule), "a program's rule is never deleted"


@pytest.mark.parametrize("table", ("libvirt_network2", "lxc-own", "blocked"))
def test_a_table_of_another_name_is_of_nobody_known(table: str) -> None:
    whole, place = with_drop_in(table)
    assert OF_THIRD not in [each.cause for each in diagnose(whole, published()).causes]
    assert "no program that hairpin knows" in str(sign_of(place, HOST_NETNS, whole))


def with_drop_in(table: str) -> tuple[Network, Place]:
    """Return the host with an nftables table that drops what goes to docker0, and the place of the rule."""
    rule = Rule((NameMatch("oif", ("docker0",)), Verdict("drop")), 'oifname "docker0" drop', 1)
    made = Table("inet", table, "nft", (Chain("forward", (rule,), "forward", policy="accept"),))
    return with_tables(made), place_of(made, "forward", rule)


@each_with("saved")
def test_a_unit_loads_its_saved_rules(program: KnownProgram) -> None:
    for each in program.saved:
        read, service = ConfigFile(each.path, "*filter\nCOMMIT\n"), Unit(f"{each.unit}.service", "active", "enabled")
        host = with_host(network(), files=(read,), units=(service,)).this
        assert [(file.path, family) for file, family in saved_files(host)] == [(each.path, each.family)]


def test_names_are_unlike() -> None:
    of: tuple[Callable[[KnownProgram], tuple[str, ...]], ...] = (
        lambda each: (each.name,), lambda each: each.units, lambda each: each.chains,
        lambda each: tuple(one.described for one in each.services if one.described),
    )  # fmt: skip
    for names_of in of:
        names = [name for each in PROGRAMS for name in names_of(each)]
        assert len(names) == len(set(names))
    assert len(chains_of("engine")) == 3
