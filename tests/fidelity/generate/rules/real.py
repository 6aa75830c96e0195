"""Rulesets of real tools, put into a generated network, and mutated.

Docker, ufw, fail2ban, kube-proxy and flannel as iptables prints them; Docker, firewalld, podman, kube-proxy and smaller
tools as nft lists them.  Their links, addresses and ports become those of the network.
"""

import re
from functools import cache
from pathlib import Path

from hairpin.evidence.file import read
from hairpin.network.prefix import Version
from tests.fidelity.case import RuleText, Tool
from tests.fidelity.generate.plan import NETWORKS, PORTS, Dice, Plan
from tests.fidelity.generate.rules.listing import commands
from tests.fidelity.generate.rules.mutate import mutated
from tests.fidelity.testbed.capabilities import nft_looks_up_protocols_in_ranges

_TESTS = Path(__file__).parents[3]
_SAVED = ("docker-20.10", "docker-26.1", "docker-28.5", "kube-proxy", "kube-proxy")
_RECORDED = (
    "none", "none.proxy-off", "ufw", "ufw", "ufw", "f2b", "docker-user-ctorig", "docker-user-wrongport", "icc",
    "hairpin-masquerade.proxy-off", "inbound-masq", "input-drop-bridge", "limit0", "mangle-post", "mark-route",
    "multiport", "output-drop", "raw-notrack", "raw-notrack.proxy-off", "reject-first", "shadow-redirect",
    "snat-astray", "snat-shadow", "stale-dnat",
)  # fmt: skip
_LISTED = ("docker-29", "docker-29", "firewalld-1.3", "firewalld-1.3", "kube-proxy", "netavark", "smaller-tools")
_DOCKER_29: dict[Version, dict[str, str]] = {
    4: {"FAMILY": "ip", "ADDR": "ip", "LOOPBACK": "127.0.0.1", "TARGET": "172.17.0.2", "CONTAINER": "172.17.0.2",
        "SUBNET": "172.17.0.0/16"},
    6: {"FAMILY": "ip6", "ADDR": "ip6", "LOOPBACK": "::1", "TARGET": "[fd00::2]", "CONTAINER": "fd00::2",
        "SUBNET": "fd00::/64"},
}  # fmt: skip
_IPTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
_PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
_ASIDE = 3
"""Added to the priorities of a listed ruleset beside one of iptables, so that no two are equal."""


def ruleset(dice: Dice, made: Plan) -> tuple[RuleText, ...]:
    """Return one real ruleset by iptables or nft, or one of each."""
    texts: list[RuleText] = []
    kind = dice.pick(("iptables", "iptables", "nft", "both"))
    if kind != "nft":
        for version in made.versions:
            texts += _saved(dice, made, version)
    if kind != "iptables":
        version = dice.pick(made.versions)
        texts += _listed(dice, made, version, aside=_ASIDE if kind == "both" else 0)
    return tuple(mutated(dice, made, text) for text in texts)


# --- iptables --------------------------------------------------------------------------------------------------------


def _saved(dice: Dice, made: Plan, version: Version) -> list[RuleText]:
    tool: Tool = dice.pick(("iptables-nft", "iptables-nft", "iptables-legacy"))
    text = _saved_text(dice.pick((*_SAVED, *_RECORDED)), version)
    if version == 6:
        text = _as_ip6tables(text)
    local = Localized(dice, made, as_ip6=version == 6)
    return [
        RuleText(tool, version, table, tuple(map(local.line, head)), tuple(map(local.line, rules)))
        for table, head, rules in _tables(text)
    ]


@cache
def _saved_text(name: str, version: Version) -> str:
    """Return the output of iptables-save (or, where the tool has rules of its own for IPv6, of ip6tables-save)."""
    if name in _RECORDED:
        key = f"iptables-nft-save{version if name == 'ufw' else 4}"
        readings = read(_TESTS / "fixtures" / "hosts" / f"{name}.hairpin").readings
        return next(each.text for each in readings if each.key == key and each.netns == "host")
    if name == "kube-proxy":
        return (_TESTS / "data" / "iptables" / f"{name}.txt").read_text("utf-8")
    return (_TESTS / "fixtures" / name / "iptables-save.txt").read_text("utf-8")


def _tables(text: str) -> list[tuple[str, list[str], list[str]]]:
    found: list[tuple[str, list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith("*"):
            found.append((line[1:], [], []))
        elif line.startswith(":"):
            found[-1][1].append(re.sub(r"\[\d+:\d+\]", "[0:0]", line))
        elif "-A " in line:
            found[-1][2].append(line[line.index("-A ") :])
    return found


_IP6 = (
    ("127.0.0.0/8", "::1/128"), ("224.0.0.0/4", "ff00::/8"),
    ("255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("-p icmp -m icmp --icmp-type 8", "-p ipv6-icmp -m icmp6 --icmpv6-type 128"), ("icmp-host-", "icmp6-adm-"),
    ("icmp-port-", "icmp6-port-"),
)  # fmt: skip


def _as_ip6tables(text: str) -> str:
    for old, new in _IP6:
        text = text.replace(old, new)
    return text


# --- nft -------------------------------------------------------------------------------------------------------------


def _listed(dice: Dice, made: Plan, version: Version, aside: int) -> list[RuleText]:
    name = dice.pick(_LISTED)
    text = _listed_text(name, version)
    local = Localized(dice, made, as_ip6=False)
    texts: list[RuleText] = []
    for table, head, rules in commands(text):
        family, _, name = table.partition(" ")
        if name not in _IPTABLES and (family == "inet" or version == (4 if family == "ip" else 6)):
            moved = tuple(_moved(local.line(line), aside) for line in head)
            texts.append(RuleText("nft", version, table, moved, tuple(map(local.line, rules))))
    return texts


@cache
def _listed_text(name: str, version: Version) -> str:
    text = (_TESTS / "data" / "nft" / f"{name}.txt").read_text("utf-8")
    for word, filled in _DOCKER_29[version].items():
        text = text.replace(word, filled)
    if not nft_looks_up_protocols_in_ranges():
        text = text.replace("ip saddr . meta l4proto . th sport @", "ip saddr . ip protocol . th sport @")
    return text


def _moved(line: str, aside: int) -> str:
    """Return a chain's line with its priority as a number, so much later."""

    def number(found: re.Match[str]) -> str:
        named, sign, distance = found.group(1), found.group(2) or "+", int(found.group(3) or 0)
        at = _PRIORITIES[named] if named in _PRIORITIES else int(named)
        return f"priority {at + (distance if sign == '+' else -distance) + aside};"

    return re.sub(r"priority (-?\w+)(?: ([+-]) (\d+))?;", number, line)


# --- words of the network --------------------------------------------------------------------------------------------

_LINK = re.compile(r"(?<![\w-])(docker0|br-[0-9a-f]{12}|podman\d|tailscale0|cni0)(?![\w-])|(?<=__)docker0")
_ADDRESS4 = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(/\d{1,2})?(:\d+)?(?![\d.])")
_ADDRESS6 = re.compile(r"\[?((?:fd|2001:)[0-9a-f]*:[0-9a-f:]*)(/\d{1,3})?\]?(:\d+)?")
_PORT = re.compile(r"(?<=[ds]port )\d+(?![\d-])|(?<=(?:tcp|udp) \. )\d+")
_FIXED = ("127.", "0.", "224.", "239.", "255.")


class Localized:
    """Replaces the words of another network by this one's, the same word always alike.

    ``as_ip6``: also its IPv4 addresses by IPv6 ones.
    """

    def __init__(self, dice: Dice, made: Plan, *, as_ip6: bool) -> None:
        self.dice = dice
        self.made = made
        self.as_ip6 = as_ip6
        self._known: dict[str, str] = {}

    def line(self, line: str) -> str:
        """Return the line in this network's words."""
        line = _LINK.sub(lambda found: self._word(found.group(), self._links()), line)
        line = _ADDRESS6.sub(lambda found: self._address(found, 6), line)
        if not line.startswith(":"):
            line = _ADDRESS4.sub(lambda found: self._address(found, 4), line)
        return _PORT.sub(lambda found: self._port(found.group()), line)

    def _word(self, word: str, choices: list[str]) -> str:
        """Return the word's replacement: the one from before, else the first choice that replaces no other word."""
        if word not in self._known:
            taken = set(self._known.values())
            self._known[word] = next((each for each in choices if each not in taken), word)
        return self._known[word]

    def _links(self) -> list[str]:
        return ["br0", *self.dice.some(self.made.links, 3), "dummy7", "dummy8"]

    def _address(self, found: re.Match[str], version: Version) -> str:
        address, prefix, port = found.groups()
        if address.startswith(_FIXED):
            return found.group()
        to: Version = 6 if version == 6 or self.as_ip6 else 4
        if to not in self.made.versions:
            return found.group()
        whole = {4: "/32", 6: "/128"}[to]
        if prefix and prefix not in ("/32", "/128"):
            networks = NETWORKS[to][:6]
            strange = [f"fd77:{number}::/64" for number in range(9)] if to == 6 else []
            return self._word(f"{address}{prefix}", [networks[2], *self.dice.some(networks, 6), *strange])
        inside = self.dice.some(sorted(self.made.inside(to).values()) or ["c"], 2)
        first = inside if self.dice.chance(0.7) and inside != ["c"] else []
        strange = [f"fd77::{number}" for number in range(9)] if to == 6 else []
        name = self._word(address, [*first, *self.dice.some(self.made.addresses(to), 9), *strange])
        if port:
            return f"[{name}]{port}" if to == 6 else f"{name}{port}"
        return f"{name}{whole if prefix else ''}"

    def _port(self, port: str) -> str:
        if int(port) in PORTS or port in self._known:
            return self._known.get(port, port)
        self._known[port] = str(self.dice.pick(PORTS)) if self.dice.chance(0.7) else port
        return self._known[port]
