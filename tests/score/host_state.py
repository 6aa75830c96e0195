"""What a repair can change on a host, as text: rules, addresses, routes, kernel parameters, files, containers.

Two states of one host are compared, so whatever changes by itself is left out: counters, handles, times, the numbers
and random names of links, learned neighbours.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping

from hairpin.lab.build import Lab

State = Mapping[str, str]
"""The lines of each part, by ``HOST PART``."""
OTHER_ORDER = "the same lines in another order"

_PARTS: Mapping[str, str] = {
    **{program: f"{program}-save" for program in ("iptables", "ip6tables", "iptables-legacy", "ip6tables-legacy")},
    "nft": "nft list ruleset",
    "ipset": "ipset save",
    "ebtables": "ebtables-save",
    "addresses": "ip -o address",
    "links": "ip -o link; bridge -d -o link",
    "routes": "ip route show table all; ip -6 route show table all",
    "policy rules": "ip rule; ip -6 rule",
    "neighbours": "ip neighbour show nud permanent; bridge fdb show | grep permanent",
    "sysctls": r"sysctl -a -r '^net\.(ipv4|ipv6|bridge|mpls)\.(conf|ip_forward|ip_nonlocal|neigh|bridge-)'",
    "files": "find /etc /usr/local/bin /usr/local/sbin -xdev -type f ! -name '*.lock' -exec md5sum {} +",
    # Docker names a container's networks in any order.
    "containers": "docker ps -a --no-trunc --format '{{.Names}} {{.State}} {{.Ports}}'",
    "networks of containers": (
        "docker ps -aq | xargs -r docker inspect -f"
        " '{{range $name, $_ := .NetworkSettings.Networks}}{{println $.Name $name}}{{end}}'"
    ),
    "in containers": (
        "for pid in $(docker ps -q | xargs -r docker inspect -f '{{.State.Pid}}'); do"
        ' nsenter --net=/proc/$pid/ns/net sh -c "ip -o address; ip route; nft list ruleset; iptables-save"; done'
    ),
}
# In the order of ``_PARTS``; sorted where the order says nothing.
_UNORDERED = frozenset(
    {"addresses", "links", "routes", "neighbours", "sysctls", "files", "containers", "networks of containers"}
)
_MOVING = (
    (re.compile(r"^#.*$", re.MULTILINE), ""),
    (re.compile(r"\[\d+:\d+\]"), ""),
    (re.compile(r"counter packets \d+ bytes \d+"), "counter"),
    (re.compile(r" # handle \d+"), ""),
    (re.compile(r"^\d+: ", re.MULTILINE), ""),
    (re.compile(r"veth[0-9a-f]+"), "veth"),
    (re.compile(r"@if\d+"), "@if"),
    (re.compile(r"NO-CARRIER,|,LOWER_UP\b| linkdown\b"), ""),  # A bridge has its carrier a moment after its ports.
    (re.compile(r"\bstate (?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT)\b"), "state"),
    (re.compile(r"link-netns(?:id)? \S+"), ""),
    (re.compile(r"\b10\.88\.0\.(?!1\b)\d+"), "10.88.0.N"),  # Podman gives a container another address at each start.
    (re.compile(r"(?:valid_lft|preferred_lft|expires) \w+"), ""),
    (re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"), "MAC"),
    (re.compile(r"^.*\b(?:fe80::|ff0\w::).*$", re.MULTILINE), ""),
    (re.compile(r"^.*(?:mcast|multicast|timeout \d+s expires).*$", re.MULTILINE), ""),
)


def host_state(lab: Lab) -> State:
    """Return the present state of each of the lab's hosts."""
    return {f"{host.name} {part}": text for host in lab.hosts for part, text in state_of(host.run).items()}


def state_of(run: Callable[[str], str]) -> dict[str, str]:
    """Return the state of the host in which ``run`` runs a script of sh(1) and returns what it prints."""
    script = "\n".join(f"echo '=== {part}'; {{ {command}; }} 2>/dev/null || true" for part, command in _PARTS.items())
    found: dict[str, str] = {}
    for section in run(script).split("=== ")[1:]:
        part, _, text = section.partition("\n")
        found[part] = _still(_by_chain(text) if part == "nft" else text, ordered=part not in _UNORDERED)
    return found


def _by_chain(listing: str) -> str:
    """Return nft's listing with tables and chains in the order of their names.  nft lists them in the order in which
    they were made, which says nothing; that of a chain's rules stays."""
    table = chain = ""
    found: list[tuple[tuple[str, str], str]] = []
    for line in filter(None, listing.splitlines()):
        depth = len(line) - len(line.lstrip("\t"))
        if depth == 0:
            table, chain = line, ""
        elif depth == 1:
            chain = line
        found.append(((table, chain), line))
    return "\n".join(line for _, line in sorted(found, key=lambda each: each[0]))


def _still(text: str, *, ordered: bool) -> str:
    for pattern, replacement in _MOVING:
        text = pattern.sub(replacement, text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines if ordered else sorted(lines))


def differences(first: State, second: State, most: int = 3) -> tuple[str, ...]:
    """Return what the second state has that the first lacks (``+``) and the other way round (``-``), part by part."""
    said: list[str] = []
    for part in first:
        old, new = first[part].splitlines(), second.get(part, "").splitlines()
        gone, come = _beyond(old, new), _beyond(new, old)
        said += [f"{part}: {mark}{line}" for mark, lines in (("-", gone), ("+", come)) for line in lines[:most]]
        if old != new and not gone and not come:
            said.append(f"{part}: {OTHER_ORDER}")
    return tuple(said)


def _beyond(lines: list[str], others: list[str]) -> list[str]:
    """Return the lines that the others lack; a line that stands twice there and thrice here is one."""
    return list((Counter(lines) - Counter(others)).elements())
