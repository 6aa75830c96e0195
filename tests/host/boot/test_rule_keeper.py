"""The keeper of the rules: a running program comes before an enabled unit."""

import msgspec

from hairpin.host.boot.rule_keeper import refused_rules, restores_sets, rule_keeper, unit
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, ScriptLine, Unit, Version
from hairpin.netfilter import ipset
from tests.remedy import situations
from tests.rows import each_row
from tests.small_host import host_namespace, network

UNITS: dict[str, tuple[tuple[Unit, ...], str, str]] = {
    "nobody": ((), "", "none"),
    "disabled does not count": ((Unit("nftables.service", "inactive", "disabled"),), "", "none"),
    "Debian": ((Unit("netfilter-persistent.service", "active", "enabled"),), "", "netfilter-persistent"),
    "RHEL": ((Unit("iptables.service", "active", "enabled"),), "", "iptables-services"),
    "nftables": ((Unit("nftables.service", "active", "enabled-runtime"),), "", "nftables"),
    "a running firewalld": ((Unit("iptables.service", "active", "enabled"),), "firewalld", "firewalld"),
    "ufw": ((), "ufw", "ufw"),
}


@each_row(("units", "managed_by", "expected"), UNITS.values(), ids=UNITS)
def test_rule_keeper(units: tuple[Unit, ...], managed_by: str, expected: str) -> None:
    assert rule_keeper(situations.network(units=units, managed_by=managed_by).this) == expected


def test_a_unit_with_or_without_its_suffix() -> None:
    host = situations.network(units=(Unit("docker", "active", "enabled"),)).this
    assert unit(host, "docker") is host.units[0]
    assert unit(host, "podman") is None


FILE = "/etc/iptables/rules.v4"
PERSISTENT = Unit("netfilter-persistent.service", "active", "enabled")
BEHIND_DOCKERD = msgspec.structs.replace(PERSISTENT, after=("docker.service",))
SETS = ipset.parse(
    "create blocked hash:ip family inet\ncreate docker-ext-bridges-v4 hash:net family inet\n", source="sets"
)


def host(*rules: str, units: tuple[Unit, ...] = (PERSISTENT,), **values: object) -> Host:
    """Return the small host with an ipset, and with a file of these rules in its table filter."""
    text = "\n".join(("*filter", ":INPUT ACCEPT [0:0]", ":mine - [0:0]", *rules, "COMMIT", ""))
    own = host_namespace()
    sets = msgspec.structs.replace(own, ruleset=msgspec.structs.replace(own.ruleset, ipsets=SETS))
    known = network(sets).this
    return msgspec.structs.replace(known, units=units, files=(ConfigFile(FILE, text),), **values)


SET, CHAIN = "-A INPUT -m set --match-set blocked src -j DROP", "-A INPUT -j ufw-user-input"
DOCKERS = "-A INPUT -m set --match-set docker-ext-bridges-v4 dst -j ACCEPT"
ROWS: dict[str, tuple[Host, str]] = {
    "a set that nothing saves": (host("-A INPUT -j mine", SET), "5: there is no set blocked"),
    "a chain that the file lacks": (host(CHAIN), "4: there is no chain ufw-user-input"),
    "a chain of the file": (host("-A INPUT -j mine"), ""),
    "a target of a module outside of the kernel": (host("-A INPUT -j FULLCONENAT"), ""),
    "a package saves the sets": (host(SET, versions=(Version("package:ipset-persistent", "1.0.20"),)), ""),
    "a unit loads the sets": (host(SET, units=(PERSISTENT, Unit("ipset.service", "active", "enabled"))), ""),
    "a unit that is off": (
        host(SET, units=(PERSISTENT, Unit("ipset.service", "inactive", "disabled"))), "4: there is no set blocked",
    ),
    "a script makes the set": (host(SET, boot_lines=(ScriptLine("/etc/rc.local", 3, "ipset restore < /etc/s"),)), ""),
    "a set that is not saved with the others": (
        host(SET.replace("blocked", "gone"), versions=(Version("package:ipset-persistent", "1.0.20"),)),
        "4: there is no set gone",
    ),
    "a set of dockerd's, before dockerd": (host(DOCKERS), "4: there is no set docker-ext-bridges-v4"),
    "a set of dockerd's, and the unit is behind dockerd": (host(DOCKERS, units=(BEHIND_DOCKERD,)), ""),
    "a set of a person, and the unit is behind dockerd": (
        host(SET, units=(BEHIND_DOCKERD,)), "4: there is no set blocked",
    ),
    "a chain of dockerd's, and the unit is behind dockerd": (
        host("-A INPUT -j DOCKER-USER", units=(BEHIND_DOCKERD,)), "4: there is no chain DOCKER-USER",
    ),
    "no unit loads the file": (host(SET, units=(Unit("docker.service", "active", "enabled"),)), ""),
}  # fmt: skip


@each_row(("given", "said"), ROWS.values(), ids=ROWS)
def test_the_fault_is_named_or_there_is_none(given: Host, said: str) -> None:
    assert [f"{each.line}: {each.why}" for each in refused_rules(given)] == ([said] if said else [])


def test_a_boot_script_is_enough() -> None:
    assert restores_sets(host(boot_lines=(ScriptLine("/etc/rc.local", 1, "ipset create a hash:ip"),)))
    assert not restores_sets(host(boot_lines=()))
