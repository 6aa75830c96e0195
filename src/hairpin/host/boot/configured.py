"""The place of a setting: a file, or an option of an engine, a network, a container.

An administrator intended a setting that is in a file or an option, and a reboot restores this setting.  A setting that
exists only at run time is an accident.
"""

import re
from typing import Literal

import msgspec

from hairpin.host.boot.daemon_start import is_true
from hairpin.host.boot.rule_keeper import NFTABLES_CONF, SAVED_V4, SAVED_V6, rule_keeper
from hairpin.host.boot.sysctl_files import last_word
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.host import Host
from hairpin.host.managers import DirectRule
from hairpin.host.sysctl import Path
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import BUILT_IN_TABLES
from hairpin.netfilter.meaning import unordered
from hairpin.programs import KnownProgram, maker_of

Writer = Literal[
    "engine-option", "network-option", "container-option", "saved-rules", "manager", "sysctl-file", "unit-file"
]


class Configured(msgspec.Struct, frozen=True):
    """The place of a setting: a line of a file, or an ``option`` as a user typed it.  ``line``: 0 if the setting is on
    no single line.  ``owner``: the network or the container that has the option."""

    writer: Writer
    file: str = ""
    line: int = 0
    option: str = ""
    owner: str = ""
    evidence: str = ""


_UFW_DEFAULT = "/etc/default/ufw"
_UFW_POLICIES = {
    "INPUT": "DEFAULT_INPUT_POLICY",
    "OUTPUT": "DEFAULT_OUTPUT_POLICY",
    "FORWARD": "DEFAULT_FORWARD_POLICY",
}
_ICC = "com.docker.network.bridge.enable_icc"
_DEFAULT_BRIDGE = "com.docker.network.bridge.default_bridge"


def of_place(place: Place, host: Host) -> Configured | None:
    """Return the line of a file that has the rule or the base chain's policy; None if no file that was read has it."""
    if place.number == 0 and place.dialect != "nft" and rule_keeper(host) == "ufw":
        found = _assignment(host, _UFW_DEFAULT, _UFW_POLICIES.get(place.chain, ""), place.text.rpartition(" ")[2])
        if found is not None:
            return found
    from hairpin.host.boot.saved_rules import nft_line, policy_line, rule_line  # noqa: PLC0415 - few rules are asked

    for file in host.files:
        if is_rule_script(file.path) if place.dialect == "nft" else file.path in _saved(place):
            if place.dialect == "nft":
                line = nft_line(file, place.chain, place.text)
            elif place.number == 0:
                line = policy_line(file.text, place.table, place.chain, place.text.rpartition(" ")[2])
            else:
                line = rule_line(file, place.family, place.table, place.chain, place.text)
            if line:
                writer: Writer = "manager" if "/ufw/" in file.path else "saved-rules"
                return Configured(writer, file.path, line, evidence=file.evidence)
    direct = direct_rule(place, host)
    return None if direct is None else Configured("manager", direct.file, direct.line, evidence=direct.evidence)


def keeper_of(place: Place) -> KnownProgram | None:
    """Return the program that makes the rule's table or chain for its own networks, tunnels or guests, and writes it
    anew at its next start; None if the rule is in no such program's table or chain."""
    made = maker_of(place.table, place.chain, native=place.dialect == "nft" and not is_iptables_table(place))
    return made if made is not None and made.role in _KEEPERS else None


_KEEPERS = ("orchestrator", "vpn", "virtual-machines", "links")


def is_iptables_table(place: Place) -> bool:
    """Return whether the table is one of iptables' tables, which nft(8) can change, too."""
    return place.family in ("ip", "ip6") and place.table in BUILT_IN_TABLES


def direct_rule(place: Place, host: Host) -> DirectRule | None:
    """Return firewalld's direct rule that makes the rule at this place; None if no direct rule makes it."""
    if host.firewalld is None or not host.firewalld.direct or place.dialect == "nft" or place.number == 0:
        return None
    return next((each for each in host.firewalld.direct if _makes(each, place)), None)


def _makes(direct: DirectRule, place: Place) -> bool:
    # With its iptables back end, firewalld has, for each built-in chain, a chain of its own for direct rules.
    chains = (direct.chain, f"{direct.chain}_direct")
    if (direct.family, direct.table) != (place.family, place.table) or place.chain not in chains:
        return False
    from hairpin.host.boot.saved_rules import rule_of  # noqa: PLC0415 - few hosts have direct rules

    made = rule_of(direct.family, direct.table, place.chain, direct.words)
    wanted = rule_of(place.family, place.table, place.chain, place.text)
    return made is not None and wanted is not None and unordered(made) == unordered(wanted)


def is_rule_script(path: str) -> bool:
    """Return whether nft(8) loads the file as its script."""
    return path in NFTABLES_CONF or path.endswith(".nft") or "/nftables" in path


def _saved(place: Place) -> tuple[str, ...]:
    return SAVED_V6 if place.family == "ip6" else SAVED_V4


def _assignment(host: Host, path: str, name: str, value: str) -> Configured | None:
    """Return the place of the line in a file of shell variables that sets the variable ``name`` to the value; None if
    no line does."""
    for file in host.files:
        for number, line in enumerate(file.text.splitlines(), 1):
            if file.path == path and name and re.fullmatch(rf"\s*{name}\s*=\s*\"?{value}\"?\s*", line):
                return Configured("manager", path, number, f"{name}={value}", evidence=file.evidence)
    return None


def of_sysctl(path: Path, value: str, host: Host) -> Configured | None:
    """Return the place of the line that sets the sysctl last; None if that line sets another value."""
    last = last_word(path, host.files)
    if last is None or last.value != value:
        return None
    return Configured("sysctl-file", last.file, last.line, evidence=last.evidence)


def of_icc(engine: Engine, network: DockerNetwork, host: Host) -> Configured | None:
    """Return the option that prevents the network's containers from reaching each other; None if there is no such
    option."""
    default = is_true(network.option(_DEFAULT_BRIDGE), otherwise=network.name == "bridge")
    if default and engine.icc is False:
        return of_engine_option("icc", "false", host)
    given = network.option(_ICC)
    if is_true(given, otherwise=True):
        return None
    return Configured("network-option", option=f"{_ICC}={given}", owner=network.name, evidence=network.evidence)


_HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4"


def of_default_address(engine: Engine, networks: frozenset[str], address: str, host: Host) -> Configured | None:
    """Return the setting that puts a published port without an address of its own on this address; None if none of
    these networks has such a setting.

    dockerd's ``ip`` applies to the default network; each other network has an option of its own.
    Source: moby daemon/daemon_unix.go initBridgeDriver()"""
    for network in engine.networks:
        if network.name not in networks or network.option(_HOST_BINDING) != address:
            continue
        if is_true(network.option(_DEFAULT_BRIDGE), otherwise=network.name == "bridge"):
            return of_engine_option("ip", address, host)
        option = f"{_HOST_BINDING}={address}"
        return Configured("network-option", option=option, owner=network.name, evidence=network.evidence)
    return None


def of_engine_option(name: str, value: str, host: Host) -> Configured:
    """Return the place of the option: its line in daemon.json, or else dockerd's flag."""
    for file in host.files:
        for number, line in enumerate(file.text.splitlines(), 1):
            if file.path.endswith(".json") and re.search(rf'"{name}"\s*:\s*"?{value}"?', line):
                return Configured("engine-option", file.path, number, f"{name}={value}", evidence=file.evidence)
    return Configured("engine-option", option=f"--{name}={value}")
