"""An engine's own chains, jumps and rules as iptables-save prints them, and the law that ``hairpin restore`` keeps.

A restart of dockerd draws the order of its networks and containers by chance, puts its default network last, and leaves
in their places the rules that are still there.  So it is held against restarts that begin from nothing: each chain has
the very rules that it has then (a container's name stands for its address), and the rules of one network or container,
and those that are of none, stand in the order in which they stand after all of these restarts.  Rules of dockerd
and of Podman have no order among each other: each engine puts its own first.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from hairpin.lab.node import Node

Own = Mapping[str, tuple[str, ...]]
"""The rules of each chain, by ``PROGRAM TABLE CHAIN``: those that are not somebody else's."""

MINE = "-m comment --comment mine"
"""What marks a rule of somebody else's."""
_PODMANS = "netavark"
_OTHERS = re.compile(r"--comment mine|\bufw6?-")
_SCRIPT = 'for each in iptables ip6tables; do echo "# $each"; $each-save 2>/dev/null; done'
_ADDRESSES = """docker ps -q | xargs -r docker inspect -f \\
    '{{range .NetworkSettings.Networks}}{{println $.Name .IPAddress .GlobalIPv6Address}}{{end}}'
docker network inspect docker_gwbridge -f '{{range .Containers}}{{println .Name .IPv4Address}}{{end}}' 2>/dev/null"""


def own_rules(host: Node) -> Own:
    """Return the rules of the engines on this host; containers' names stand for their addresses."""
    return _split(_named(host, host.run(_SCRIPT)), others=False)


def others_rules(host: Node) -> Own:
    """Return the rules of everybody else."""
    return {key: rules for key, rules in _split(host.run(_SCRIPT), others=True).items() if rules}


def _named(host: Node, text: str) -> str:
    pairs = (line.split() for line in host.run(f"{_ADDRESSES} || true").splitlines())
    for name, *addresses in (pair for pair in pairs if len(pair) > 1):
        for address in addresses:
            # A restart gives swarm's gateways new names.
            who = re.sub("gateway_.*", "gateway", name)
            text = re.sub(
                rf"(?<![\w.:]){re.escape(address.partition('/')[0])}(?![\w.]{'|:' if ':' in address else ''})",
                who,
                text,
            )
    return text


def _split(text: str, *, others: bool) -> Own:
    found: dict[str, list[str]] = {}
    program = table = ""
    for line in text.splitlines():
        if line.startswith("# ip") and "enerated" not in line:
            program = line[2:]
        elif line.startswith("*"):
            table = line[1:]
        elif line.startswith(":") and bool(_OTHERS.search(line)) is others:
            found.setdefault(f"{program} {table} {line[1:].split()[0]}", [])
        elif line.startswith("-A") and bool(_OTHERS.search(line)) is others:
            found.setdefault(f"{program} {table} {line.split()[1]}", []).append(line)
    built_in = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
    return {key: tuple(rules) for key, rules in found.items() if rules or not key.endswith(built_in)}


def unlike(restored: Own, restarts: Sequence[Own]) -> tuple[str, ...]:
    """Return in what the rules differ from those that the restarts make; nothing: only in what chance decides."""
    chains = dict.fromkeys(key for each in (*restarts, restored) for key in each)
    return tuple(line for chain in chains for line in _of_chain(chain, restored, restarts))


def _of_chain(chain: str, restored: Own, restarts: Sequence[Own]) -> Iterator[str]:
    if chain not in restored or chain not in restarts[0]:
        yield f"{chain}: there after {'restore' if chain in restored else 'the restart'} alone"
        return
    has, wanted = Counter(restored[chain]), Counter(restarts[0][chain])
    yield from (f"{chain}: lacks {rule}" for rule in (wanted - has).elements())
    yield from (f"{chain}: has besides {rule}" for rule in (has - wanted).elements())
    if has == wanted:
        places = [{rule: place for place, rule in enumerate(each[chain])} for each in restarts]
        for first, then in combinations(restored[chain], 2):
            alike = subject(first) == subject(then) or not (subject(first) and subject(then))
            if (
                alike
                and (_PODMANS in first.lower()) == (_PODMANS in then.lower())
                and all(each[first] > each[then] for each in places)
            ):
                yield f"{chain}: {first} stands before {then}"


def subject(rule: str) -> frozenset[str]:
    """Return what the rule is about: the bridges that it names, else the container."""
    named = frozenset(re.findall(r"(?<!\S)(?:br-\S+|docker\S*0|docker_gwbridge|podman\d+)", rule))
    return named or frozenset(re.findall(r"(?<=-d )\S+/32", rule))
