"""The model's host, read from the namespaces of a case by the product's own parsers.

The readings are those of ``collect.sh`` (same keys, same commands), asked directly: a case has no time for the whole
collector.
"""

import json
import os
import re
from pathlib import Path

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.host.host import Host
from hairpin.host.read.parse import parse
from hairpin.host.sysctl import SYSCTLS
from tests.fidelity.generate.rules.nftables import BY_NFT
from tests.fidelity.testbed.events import TABLE
from tests.fidelity.testbed.listeners import SHOWN, as_relays
from tests.fidelity.testbed.netns import Netns, SetupError

_IPTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
_EBTABLES = frozenset({"filter", "nat"})
_CONF = tuple(dict.fromkeys(each.key for each in SYSCTLS if each.family and each.inside))
_FOLDERS = ("ipv4/conf", "ipv6/conf")
_KEYS = (
    "ipv4/ip_forward", "ipv4/fwmark_reflect", "ipv6/fwmark_reflect", "ipv4/icmp_errors_use_inbound_ifaddr",
    "ipv4/icmp_echo_ignore_broadcasts", "bridge/bridge-nf-call-iptables",
    "bridge/bridge-nf-call-ip6tables", "bridge/bridge-nf-call-arptables", "netfilter/nf_conntrack_tcp_loose",
    "netfilter/nf_conntrack_checksum",
    "netfilter/nf_conntrack_tcp_be_liberal", "ipv4/ip_local_port_range",
)  # fmt: skip


def host_of(evidence: Evidence) -> Host:
    """Return the parsed host, of which every part must have been understood."""
    host = parse(evidence)
    if host.unread:
        raise AssertionError(f"unread: {host.unread}")
    return host


def evidence_of(
    namespaces: dict[str, Netns],
    with_rules: frozenset[str],
    filtered: dict[str, tuple[str, ...]],
    listening: frozenset[str] = frozenset(),
    connected: frozenset[str] = frozenset(),
    *,
    rules_only: bool = False,
) -> Evidence:
    """Return what is read of the namespaces.  Only those of ``with_rules`` are asked for rules, those of
    ``listening`` for sockets, those of ``connected`` for connections, only the links of ``filtered`` for filters of
    tc."""
    asked: list[tuple[str, str, str, str]] = []
    for name, netns in namespaces.items():
        if not rules_only:
            asked += ((key, name, origin, text) for key, origin, text in _links(netns))
            asked.append(("sysctl", name, "/proc/sys/net", _sysctls(netns)))
            asked += (("tc-filter", name, *each) for link in filtered[name] for each in _filters(netns, link))
        if name in listening:
            asked += _sockets(netns)
        if name in connected:
            with netns.entered():
                table = Path("/proc/net/nf_conntrack").read_text("ascii")
            asked.append(("conntrack", name, "/proc/net/nf_conntrack", table))
        if name in with_rules:
            asked += ((key, name, origin, text) for key, origin, text in _rules(netns))
    readings = tuple(
        Reading(f"e{number}", key, netns, origin, "", 0, "text", text)
        for number, (key, netns, origin, text) in enumerate(asked, 1)
    )
    return Evidence(SCHEMA, "0", "", "fidelity", os.uname().release, readings)


def _links(netns: Netns) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for family, wanted in (
        ((), (("ip-addr", "addr"), ("ip-neigh", "neigh"), ("proxies", "neigh show proxy"))),
        (("-4",), (("ip-route4", "route show table all"), ("ip-rule4", "rule"))),
        (("-6",), (("ip-route6", "route show table all"), ("ip-rule6", "rule"))),
    ):
        commands = "\n".join(command for _, command in wanted)
        lines = netns.run(("ip", *family, "-j", "-d", "-batch", "-"), commands + "\n").split("\n")
        found += ((key, f"ip {command}", line) for (key, command), line in zip(wanted, lines, strict=False))
    # The listing of neighbours leaves out proxy entries.
    neighbours = [each for key, _, text in found if key in ("ip-neigh", "proxies") for each in json.loads(text)]
    found = [each for each in found if each[0] not in ("ip-neigh", "proxies")]
    found.append(("ip-neigh", "ip neigh", json.dumps(neighbours)))
    if '"info_kind":"vxlan"' in found[0][2] and '"info_kind":"bridge"' not in found[0][2]:
        found.append(("bridge-fdb", "bridge -j -d fdb", netns.run(("bridge", "-j", "-d", "fdb"))))
    if '"info_kind":"bridge"' in found[0][2]:
        found += (
            (f"bridge-{what}", f"bridge -j -d {what}", netns.run(("bridge", "-j", "-d", what)))
            for what in ("link", "fdb", *(("vlan",) if '"vlan_filtering":1' in found[0][2] else ()))
        )
    return found


def _filters(netns: Netns, link: str) -> list[tuple[str, str]]:
    commands = [("tc", "-j", "filter", "show", "dev", link, direction) for direction in ("ingress", "egress")]
    return [(" ".join(command), netns.run(command)) for command in commands]


def _sockets(netns: Netns) -> list[tuple[str, str, str, str]]:
    """Return readings: key, namespace (none: what is the machine's), origin, text."""
    shown = netns.run(SHOWN)
    if netns.name != "host":
        return [("sockets", netns.name, " ".join(SHOWN), shown)]
    sockets, commands = as_relays(shown)
    return [("sockets", "host", " ".join(SHOWN), sockets), ("relay-cmdlines", "", "/proc/*/cmdline", commands)]


def _sysctls(netns: Netns) -> str:
    lines: list[str] = []
    with netns.entered():
        keys: list[str] = [*_KEYS]
        for folder in _FOLDERS:
            for link in Path(f"/proc/sys/net/{folder}").iterdir():
                keys += (f"{folder}/{link.name}/{name}" for name in _CONF)
        keys += (f"ipv4/neigh/{link.name}/proxy_delay" for link in Path("/proc/sys/net/ipv4/neigh").iterdir())
        for key in keys:
            try:
                lines.append(f"/proc/sys/net/{key}:{Path(f'/proc/sys/net/{key}').read_text('ascii').strip()}")
            except FileNotFoundError:
                continue
    return "\n".join(lines) + "\n"


_UNTRANSLATED = re.compile(r"\bxt (?:match|target)\b|# xt_|\bct status\b")


def _shows(found: list[tuple[str, str, str]], family: str, name: str) -> bool:
    """Return whether iptables-nft-save has printed the table."""
    key = f"iptables-nft-save{'6' if family == 'ip6' else '4'}"
    return any(each == key and f"*{name}\n" in text for each, _, text in found)


def _rules(netns: Netns) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    mixed: set[tuple[str, str]] = set()
    tables = [
        (each["table"]["family"], each["table"]["name"])
        for each in json.loads(netns.run(("nft", "-j", "list", "tables")))["nftables"]
        if "table" in each
    ]
    for number, family, program in (("4", "ip", "iptables"), ("6", "ip6", "ip6tables")):
        if any(table[0] == family and table[1] in _IPTABLES for table in tables):
            listed = json.loads(netns.run(("nft", "-j", "-t", "list", "ruleset", family)))["nftables"]
            rules = [each["rule"] for each in listed if "rule" in each]
            mixed |= {(family, each["table"]) for each in rules if each.get("comment") == BY_NFT}
            command = (f"{program}-nft-save", "-c")
            try:
                found.append((f"iptables-nft-save{number}", " ".join(command), netns.run(command)))
            except SetupError:  # it ends at a rule that only nft can print
                mixed |= {(family, name) for name in _IPTABLES}
        with netns.entered():
            names = Path(f"/proc/net/{program}".replace("tables", "_tables_names"))
            legacy = names.exists() and names.read_text("ascii")  # the kernel loads the module only when a tool asks
        if legacy:
            command = (f"{program}-legacy-save", "-c")
            found.append((f"iptables-legacy-save{number}", " ".join(command), netns.run(command)))
    if any(family == "bridge" and name in _EBTABLES for family, name in tables):
        command = ("ebtables-nft-save", "-c")
        found.append(("ebtables", " ".join(command), netns.run(command)))
    for bound in sorted({family for family, _ in tables} & {"netdev", "inet"}):
        chains = ("nft", "list", "chains", bound)
        found.append(("nft-netdev-chains", " ".join(chains), netns.run(chains)))
    for family, name in tables:
        known = {"ip": _IPTABLES, "ip6": _IPTABLES, "bridge": _EBTABLES}.get(family, frozenset())
        if (family, name) in mixed:
            text = ("nft", "-t", "list", "table", family, name)
            shown = netns.run(text)
            if not _shows(found, family, name) and _UNTRANSLATED.search(shown):
                raise SetupError(f"{netns.name}: neither tool shows what an extension in {family} {name} compares")
            found.append(("nft-table-text", " ".join(text), shown))
        if name != TABLE and (name not in known or (family, name) in mixed):
            listing = ("nft", "-j", "list", "table", family, name)
            found.append(("nft-table", " ".join(listing), netns.run(listing)))
    sets = netns.run(("ipset", "save"))
    if sets:
        found.append(("ipset", "ipset save", sets))
    return found
