"""Real hosts as evidence: the folders of ``tests/fixtures/docker-*``, each the raw output of tools on one healthy host.

The host is 198.51.100.11 (eth0) and 198.18.0.11 (eth1).  Containers: ``front`` on networks n1 (172.21.0.0/16) and n2
(172.22.0.0/16), published on 8080/tcp -> 80 and 5353/udp; ``back`` on n2; ``plain`` on the default bridge.  Four flows
were delivered before the capture: client -> 8080/tcp, client -> 5353/udp, front -> back:80, plain -> 192.0.2.10:9000.
"""

import json
import re
from pathlib import Path
from typing import TypeVar

import msgspec

from hairpin.evidence.reading import HOST, SCHEMA, Evidence, Outcome, Reading
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
HOSTS = ("docker-20.10", "docker-26.1", "docker-28.5")
CONTAINERS = ("front", "back", "plain")

_HOST_FILES = (
    ("ip-addr", "ip -j -d addr", "ip-addr.json"),
    ("ip-route6", "ip -6 -j -d route show table all", "ip6-route.json"),
    ("ip-rule4", "ip -4 -j -d rule", "ip-rule.json"),
    ("ip-rule6", "ip -6 -j -d rule", "ip6-rule.json"),
    ("ip-neigh", "ip -j -d neigh", "ip-neigh.json"),
    ("bridge-fdb", "bridge -j -d fdb", "bridge-fdb.json"),
    ("bridge-link", "bridge -j -d link", "bridge-link.json"),
    ("iptables-nft-save4", "iptables-save -c", "iptables-save.txt"),
    ("iptables-nft-save6", "ip6tables-save -c", "ip6tables-save.txt"),
    ("conntrack", "conntrack -L", "conntrack.txt"),
    ("sockets", "ss -lntup", "ss.txt"),
)
_FILES = (
    ("docker-containers", "docker inspect", "docker-containers.json"),
    ("docker-networks", "docker network inspect", "docker-networks.json"),
    ("docker-info", "docker info", "docker-info.json"),
    ("docker-version", "docker version", "docker-version.json"),
    ("daemon-json", "/etc/docker/daemon.json", "daemon.json"),
)
_SECTIONS = re.compile(
    r"(?P<addr>(?:\d+: \S.*\n(?: .*\n)*)+)(?P<routes>(?:(?!\d+:\t).*\n)*)(?P<rules>(?:\d+:\t.*\n)*)"
    r"(?P<neigh>(?:(?!Netid).*\n)*)(?P<ss>Netid.*\n(?:(?:tcp|udp) .*\n?)*)(?P<rules4>(?:.*\n?)*)"
)


def text_of(folder: str, name: str) -> str:
    """Return a fixture file's text."""
    return (FIXTURES / folder / name).read_text("utf-8")


def evidence_of(host: str) -> Evidence:
    """Return a fixture folder as the collector would have read it."""
    found = [(key, HOST, origin, text_of(host, name)) for key, origin, name in _HOST_FILES]
    found.append(("ip-route4", HOST, "ip -4 -j -d route show table all", _version4(text_of(host, "ip-route.json"))))
    found.append(("sysctl", HOST, "/proc/sys/net", _sysctls(text_of(host, "sysctl-net.txt"))))
    found += [(key, "", origin, text_of(host, name)) for key, origin, name in _FILES]
    for name in CONTAINERS:
        found += _container(name, text_of(host, f"container-{name}.txt"))
    return evidence(*found)


def evidence(*readings: tuple[str, str, str, str], outcome: Outcome = "text") -> Evidence:
    """Return evidence of (key, netns, origin, text); all have the same outcome."""
    return Evidence(
        schema=SCHEMA,
        hairpin="0",
        taken_at="2026-11-20T07:19:44Z",
        hostname="host1",
        kernel="6.18.44",
        readings=tuple(
            Reading(f"e{number}", key, netns, origin, "2026-11-20T07:19:44Z", 0, outcome, text)
            for number, (key, netns, origin, text) in enumerate(readings, 1)
        ),
    )


def _version4(text: str) -> str:
    """Return the IPv4 routes: the capture was made without ``-4``, which shows both; only IPv6 ones have ``pref``."""
    return json.dumps([route for route in json.loads(text) if "pref" not in route])


def _sysctls(text: str) -> str:
    """Turn ``net.ipv4.conf.eth0/100.x = 1`` into ``/proc/sys/net/ipv4/conf/eth0.100/x:1``."""
    lines = (line.partition(" = ") for line in text.splitlines() if " = " in line)
    return "".join(f"/proc/sys/{name.translate(str.maketrans('./', '/.'))}:{value}\n" for name, _, value in lines)


def _container(name: str, text: str) -> list[tuple[str, str, str, str]]:
    match = _SECTIONS.fullmatch(text)
    if match is None:
        raise ValueError(f"the fixture of container {name} has another form")
    routes = match["routes"].splitlines(keepends=True)
    version6 = [line for line in routes if ":" in line]
    netns = f"container:{name}"
    return [
        ("ip-addr-text", netns, "ip -d addr", match["addr"]),
        (
            "ip-route4-text",
            netns,
            "ip -4 route show table all",
            "".join(line for line in routes if line not in version6),
        ),
        ("ip-route6-text", netns, "ip -6 route show table all", "".join(version6)),
        ("ip-rule4-text", netns, "ip -4 rule", match["rules"]),
        ("ip-neigh-text", netns, "ip neigh", match["neigh"]),
        ("sockets", netns, "ss -lntup", match["ss"]),
        ("iptables-nft-save4", netns, "iptables-save -c", match["rules4"]),
    ]


Entry = TypeVar("Entry", Route, PolicyRule, Neighbour, FdbEntry)


def placeless(found: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries without their numbers: JSON and words count them differently."""
    assert all(each.entry for each in found)
    return tuple(msgspec.structs.replace(each, entry=0) for each in found)
