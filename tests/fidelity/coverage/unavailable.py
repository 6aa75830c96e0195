"""Elements that the running kernel or the tools here do not have, found by trying each in a namespace of its own."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import product

from tests.fidelity.coverage.element import Element, names_of
from tests.fidelity.testbed.capabilities import ProgramHook, refused_program
from tests.fidelity.testbed.netns import Netns, SetupError
from tests.tools.test_element_table import body_of
from tools.element_table import Row, rows

_LINKS = {
    "vlan": "link peer0 name probe0 type vlan id 5", "macvlan": "link peer0 name probe0 type macvlan",
    "ipvlan": "link peer0 name probe0 type ipvlan", "vrf": "name probe0 type vrf table 5",
}  # fmt: skip
"""How links are made that need more than their type."""
_RANGES = {"bitmap:ip": "range 10.0.0.0/24", "bitmap:ip,mac": "range 10.0.0.0/24", "bitmap:port": "range 1-9"}


def unavailable(elements: Iterable[Element]) -> dict[Element, str]:
    """Return the elements that cannot be tried here, with the complaint of kernel or tool."""
    why: dict[tuple[str, str], str | None] = {}
    found: dict[Element, str] = {}
    for element in sorted(elements):
        ask = _ASK.get(f"{element.group} {element.name}") or _ASK.get(element.group)
        key = (element.group, element.how if element.name == "Link.kind" else element.name)
        hook = _PROGRAMS.get(key)
        if hook is not None:
            why[key] = refused_program(hook)
        if ask is not None and key not in why:
            why[key] = _refusal(ask, key[1])
        reason = why.get(key)
        if reason is not None:
            found[element] = reason
    return found


_PROGRAMS: dict[tuple[str, str], ProgramHook] = {
    ("fact", "Link.tc_ingress"): "ingress", ("fact", "Link.tc_egress"): "egress", ("fact", "Link.xdp"): "xdp",
}  # fmt: skip
"""What hangs on a link, and where."""

Command = tuple[tuple[str, ...], str]
"""argv and what it reads"""


def _refusal(ask: Callable[[str], Iterator[tuple[Command, ...]]], name: str) -> str | None:
    """Return why none of the ways to make the element works; None if one works, or if there is none to try."""
    reason: str | None = None  # the first refusal, since the best way comes first
    for commands in ask(name):
        netns = Netns("probe")
        try:
            for argv, text in commands:
                netns.run(argv, text)
        except SetupError as error:
            reason = reason or _brief(str(error))
        else:
            return None
        finally:
            netns.close()
    return reason


def _brief(error: str) -> str:
    lines = error.partition(" in probe: ")[2].splitlines()
    telling = [line for line in lines if any(word in line for word in ("rror", "not ", "missing", "nknown", "No "))]
    said = (telling or lines or [error])[0]
    return re.sub(r"^\S+ v[\d.]+( \(\S+\))?: |^/dev/stdin.*: Error: |^Error: ", "", said).strip().replace("|", "/")


# --- ways to have a thing --------------------------------------------------------------------------------------------


def _chain(name: str) -> Iterator[tuple[Command, ...]]:
    family, hook, kind = name.split()
    device = " device lo" if hook in ("ingress", "egress") else ""
    text = f"table {family} probe {{ chain c {{ type {kind} hook {hook}{device} priority 0; }}; }}\n"
    yield ((("nft", "-f", "-"), text),)


def _part(name: str) -> Iterator[tuple[Command, ...]]:
    """Rows of the table of elements that have it, where it is a name that the readers do not choose themselves."""
    for row in rows() if " name " in name else ():
        if any(name in names_of(part) for part in body_of(row)):
            yield from _row(row)


def _row(row: Row) -> Iterator[tuple[Command, ...]]:
    known = ("ipset", "create", "known", "hash:ip"), ""
    match row.tool:
        case "iptables" | "ip6tables" if "nfacct" in row.example:
            text = f"*filter\n-A INPUT {row.example}\nCOMMIT\n"
            make = "from hairpin.replica.run.accounts import make; make('web')"
            yield ((sys.executable, "-c", make), ""), ((f"{row.tool}-nft-restore",), text)
        case "iptables" | "ip6tables":
            before = "-j RATEEST --rateest-name x --rateest-interval 250ms --rateest-ewmalog 500ms"
            chains = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
            for table, chain, back in product(("mangle", "filter", "raw", "nat"), chains, ("nft", "legacy")):
                first = f"-A {chain} {before}\n" if "-m rateest" in row.example else ""
                text = f"*{table}\n{first}-A {chain} {row.example}\nCOMMIT\n"
                yield known, ((f"{row.tool}-{back}-restore",), text)
        case "ebtables":
            for table, chain in product(("nat", "filter"), ("PREROUTING", "POSTROUTING", "FORWARD", "INPUT")):
                yield ((("ebtables", "-t", table, "-A", chain, *row.example.split()), ""),)
        case "nft":
            for family, hook in (("ip", "prerouting"), ("ip6", "prerouting"), ("ip", "input"), ("ip", "forward"),
                                 ("netdev", "ingress")):  # fmt: skip
                yield _VETH, (("nft", "-j", "-f", "-"), _rule_of_nft(family, hook, row.example))


def _rule_of_nft(family: str, hook: str, example: str) -> str:
    names: dict[str, object] = {"family": family, "table": "probe"}
    base = {**names, "name": "c", "type": "filter", "hook": hook, "prio": 0, "policy": "accept"}
    base |= {"dev": "eth0"} if hook == "ingress" else {}
    objects = [{kind: {**names, **what}} for word, (kind, what) in _NEEDED.items() if f'"{word}"' in example]
    rule = {**names, "chain": "c", "expr": [_TCP, json.loads(example)]}
    made = ({"table": {"family": family, "name": "probe"}}, {"chain": base}, *objects, {"rule": rule})
    return json.dumps({"nftables": [{"add": each} for each in made]})


_TCP = {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}}
_VETH: Command = ("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "peer0"), ""
_NEEDED: dict[str, tuple[str, dict[str, object]]] = {
    "@seen": ("set", {"name": "seen", "type": "ipv4_addr", "flags": ["timeout"], "timeout": 60}),
    "@f": ("flowtable", {"name": "f", "hook": "ingress", "prio": 0, "dev": "eth0"}),
    "ct helper": ("ct helper", {"name": "ftp", "type": "ftp", "protocol": "tcp", "l3proto": "ip"}),
    "secmark": ("secmark", {"name": "x", "context": "system_u:object_r:x_t:s0"}),
}
"""The objects that the examples of nft refer to, by a word in the example."""


def _ipset(name: str) -> Iterator[tuple[Command, ...]]:
    yield ((("ipset", "create", "probe", name, *_RANGES.get(name, "").split()), ""),)


def _route(name: str) -> Iterator[tuple[Command, ...]]:
    kind, version = name.split()
    target = "203.0.113.0/24" if version == "IPv4" else "2001:db8::/32"
    up = ("ip", "link", "set", "lo", "up"), ""
    yield up, (("ip", f"-{version[-1]}", "route", "add", kind, target, "dev", "lo"), "")
    yield up, (("ip", f"-{version[-1]}", "route", "add", kind, target), "")


def _master_rule(name: str) -> Iterator[tuple[Command, ...]]:
    """Such a rule has an effect only if there is a VRF."""
    for link in _link("vrf"):
        yield *link, (("ip", f"-{name[-1]}", "rule", "add", "pref", "5", "l3mdev"), "")


def _dscp_rule(name: str) -> Iterator[tuple[Command, ...]]:
    yield ((("ip", f"-{name[-1]}", "rule", "add", "pref", "5", "dscp", "8", "lookup", "main"), ""),)


def _filtering(_: str) -> Iterator[tuple[Command, ...]]:
    yield ((("ip", "link", "add", "br0", "type", "bridge", "vlan_filtering", "1"), ""),)


def _link(kind: str) -> Iterator[tuple[Command, ...]]:
    if kind in ("physical", "loopback"):
        return
    if kind == "tun":
        yield ((("ip", "tuntap", "add", "probe0", "mode", "tun"), ""),)
        return
    yield _VETH, (("ip", "link", "add", *_LINKS.get(kind, f"name probe0 type {kind}").split()), "")


def _sysctl(name: str) -> Iterator[tuple[Command, ...]]:
    yield ((("cat", f"/proc/sys/{name.replace('*', 'all').replace('.', '/')}"), ""),)


_ASK: dict[str, Callable[[str], Iterator[tuple[Command, ...]]]] = {
    "chain": _chain, "match": _part, "statement": _part, "ipset": _ipset, "route": _route, "sysctl": _sysctl,
    "policy rule l3mdev IPv4": _master_rule, "policy rule l3mdev IPv6": _master_rule, "fact Link.kind": _link,
    "policy rule whole_dscp IPv4": _dscp_rule, "policy rule whole_dscp IPv6": _dscp_rule,
    "reason bridge-vlan": _filtering, "fact BridgeInfo.vlan_filtering": _filtering,
    "fact Link.ipvlan_flag": lambda _: _link("ipvlan"), "fact Link.vlan_id": lambda _: _link("vlan"),
    "fact Link.lower": lambda _: _link("vlan"), "fact Link.vrf_table": lambda _: _link("vrf"),
}  # fmt: skip
"""By group, or by group and name."""
