"""The program or unit that saves this host's rules and restores them after a reboot, and the files of saved rules that
the next boot cannot load, because a rule names a chain or a set that is not there at that moment."""

import re
from collections.abc import Iterator
from typing import Literal

from hairpin.errors import ParseError
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, Unit
from hairpin.netfilter.ir import Set
from hairpin.netfilter.rule_address import IpFamily
from hairpin.programs import (
    IPSETS,
    IPTABLES_SERVICES,
    NETFILTER_PERSISTENT,
    NFTABLES,
    PROGRAMS,
    KnownProgram,
    having_role,
)

RuleKeeper = Literal["firewalld", "ufw", "netfilter-persistent", "iptables-services", "nftables", "none"]

_BY_UNIT: tuple[tuple[KnownProgram, RuleKeeper], ...] = (
    (NETFILTER_PERSISTENT, "netfilter-persistent"),
    (IPTABLES_SERVICES, "iptables-services"),
    (NFTABLES, "nftables"),
)
RULES_V4, RULES_V6 = (each.path for each in NETFILTER_PERSISTENT.saved)
SYSCONFIG_V4, SYSCONFIG_V6 = (each.path for each in IPTABLES_SERVICES.saved)
NFTABLES_CONF = ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf")
SAVED_V4 = (RULES_V4, SYSCONFIG_V4, "/etc/iptables/iptables.rules", "/etc/iptables/rules-save", "/etc/iptables.rules",
            "/etc/iptables.up.rules", "/etc/ufw/before.rules", "/etc/ufw/user.rules", "/etc/ufw/after.rules",
            "/lib/ufw/user.rules")  # fmt: skip
SAVED_V6 = (RULES_V6, SYSCONFIG_V6, "/etc/iptables/ip6tables.rules", "/etc/ufw/before6.rules", "/etc/ufw/user6.rules",
            "/etc/ufw/after6.rules", "/lib/ufw/user6.rules")  # fmt: skip
_SAVED = tuple(one for each in having_role("firewall") for one in each.saved)


def saved_rules(host: Host) -> Iterator[tuple[Unit, ConfigFile, IpFamily]]:
    """Yield each unit of the host that loads saved rules of iptables, with the file that the unit loads."""
    for name, family, path in _SAVED:
        loader = unit(host, name)
        if loader is not None:
            for file in host.files:
                if file.path == path:
                    yield loader, file, family


def saved_files(host: Host) -> Iterator[tuple[ConfigFile, IpFamily]]:
    """Yield each file of saved rules that a unit of the host loads.  If the units were not read, for example without
    systemd, every file of saved rules counts as loaded."""
    if host.units:
        for _, file, family in saved_rules(host):
            yield file, family
        return
    for _, family, path in _SAVED:
        for file in host.files:
            if file.path == path:
                yield file, family


def rule_keeper(host: Host) -> RuleKeeper:
    """Return the program that restores the host's rules after a reboot.  A running daemon takes precedence over a
    unit."""
    if host.firewalld is not None and host.firewalld.running:
        return "firewalld"
    if host.ufw is not None and host.ufw.enabled:
        return "ufw"
    for program, kind in _BY_UNIT:
        found = unit(host, program.units[0])
        if found is not None and found.is_enabled:
            return kind
    return "none"


def unit(host: Host, name: str) -> Unit | None:
    """Return the unit of this name, with or without ``.service``; None if the host does not have it."""
    for each in host.units:
        if each.name.removesuffix(".service") == name:
            return each
    return None


def is_nft_script(path: str) -> bool:
    """Return whether the file is an nft(8) script that a unit may load, or a file that such a script may include."""
    return path in NFTABLES_CONF or path.endswith(".nft") or "/nftables" in path


_DECLARED = re.compile(r"^:(\S+)", re.MULTILINE)
_NAMED = re.compile(r"\s(?:-[jg]|--jump|--goto)\s+(\S+)")
_NAMES_SET = re.compile(r"-set\s")


def refused_rules(host: Host) -> Iterator[ParseError]:
    """Yield, for each file of saved rules, the fault at which ``iptables-restore`` will end."""
    for file, family in saved_files(host):
        if _NAMES_SET.search(file.text) is None and {*_NAMED.findall(file.text)} <= {*_DECLARED.findall(file.text)}:
            continue
        from hairpin.netfilter.iptables.restore import Loading, MissingNameError, loaded_tables  # noqa: PLC0415

        sets = sets_before(host, file.path)
        fault = loaded_tables(file.text, Loading(family, "iptables-nft", file.path, sets), file.evidence).fault
        if isinstance(fault, MissingNameError):
            yield fault


def sets_before(host: Host, path: str) -> tuple[Set, ...]:
    """Return the ipsets that are there when a boot loads the file: all if something restores them, and else those whose
    maker starts before the unit that loads the file.

    Behind its maker's unit (``After=docker.service`` in a drop-in), a file may name the maker's sets, such as Docker
    28's docker-ext-bridges-v4.  It still has to declare each chain: without ``--noflush``, iptables-restore takes no
    rule that leads to a chain which only the kernel has.  Source: measured, iptables 1.8.9 with a running dockerd"""
    own = host.namespace(host.netns.name).ruleset.ipsets
    if restores_sets(host):
        return own
    loaders = [each for each, file, _ in saved_rules(host) if file.path == path]
    earlier = {name.removesuffix(".service") for each in loaders for name in each.after}
    makers = [each for each in PROGRAMS if each.sets and earlier & {*each.units}]
    return tuple(each for each in own if any(each.name.startswith(one.sets) for one in makers))


def restores_sets(host: Host) -> bool:
    """Return whether a unit, a package or a boot script restores the host's ipsets.

    Source: iptables-persistent plugins.d/10-ipset; ipset.service of Fedora"""
    return (
        any(each.is_enabled for name in IPSETS.units if (each := unit(host, name)) is not None)
        or any(host.version(f"package:{each}") is not None for each in IPSETS.packages)
        or any("ipset" in line.text for line in host.boot_lines or ())
    )
