"""A dockerd with ``live-restore`` has added its rules in nat POSTROUTING again at each start, although they existed.

Users see: POSTROUTING grows with each restart of Docker, and container starts and ``iptables`` become slow.

Proof: ``live-restore`` is on, and POSTROUTING has the same rule for a container or a network more than once.  The first
of these rules decides for every packet, so no packet shows the copies.
Now: run ``iptables -t nat -D POSTROUTING …`` once for each copy.
Lasting: upgrade the engine, because newer versions add a rule only if it does not exist.
"""

from collections import Counter
from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding
from hairpin.causes.where import OfRule
from hairpin.change.change import Change, DeleteRule
from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place, place_of
from hairpin.netfilter.ir import FieldMatch, Nat, Rule
from hairpin.netfilter.meaning import meaning
from hairpin.network.prefix import Version


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding if POSTROUTING has copies of the rules of a dockerd with ``live-restore``."""
    docker = next((each for each in host.engines if each.kind == "docker" and each.live_restore), None)
    copies = tuple(_copies(host, docker)) if docker is not None and docker.iptables is not False else ()
    if not copies:
        return
    first = copies[0]
    found = Candidate(
        title=message("{count} of Docker's rules in nat POSTROUTING are copies", count=len(copies)),
        detail=message(
            "live-restore is on. An old dockerd then adds rules at each start without checking whether they exist. The "
            "kernel stops at the first of equal rules, so the copies only cost time: {rule}",
            rule=first.text,
        ),
        change=Change(tuple(DeleteRule(host.netns, each) for each in reversed(copies))),
        where=OfRule(first),
        in_class="lost-masquerade",
        evidence=(first.evidence,),
        advice=(message("update Docker: newer versions check whether a rule exists before they add it"),),
    )
    tool = "ip6tables" if first.family == "ip6" else "iptables"
    line = message(
        "{count} of Docker's rules in nat POSTROUTING are copies. An old dockerd with live-restore makes them at each "
        "restart. Delete the copies, the first by: {command}",
        count=len(copies),
        command=f"{tool} -t nat -D {first.text.removeprefix('-A ')}",
    )
    yield Finding(found, "advice", line=line)


def _copies(host: Host, docker: Engine) -> Iterator[Place]:
    """Yield the place of each rule of the engine that is a copy of an earlier rule in the chain, in rule order."""
    for table in host.namespace(host.netns.name).ruleset.tables:
        chain = table.chain("POSTROUTING") if table.name == "nat" and table.dialect != "nft" else None
        seen: Counter[object] = Counter()
        for rule in chain.rules if chain is not None else ():
            seen[meaning(rule)] += 1
            if seen[meaning(rule)] > 1 and _is_of(docker, rule):
                yield place_of(table, "POSTROUTING", rule)


def _is_of(docker: Engine, rule: Rule) -> bool:
    """Return whether the rule masquerades packets from one of the engine's networks, or from a container to itself."""
    translates = any(isinstance(each, Nat) and each.nat in ("masquerade", "snat") for each in rule.body)
    return translates and any(
        isinstance(each, FieldMatch)
        and each.field in ("saddr4", "saddr6")
        and not each.negated
        and _in_network(docker, each)
        for each in rule.body
    )


def _in_network(docker: Engine, sources: FieldMatch) -> bool:
    version: Version = 4 if sources.field == "saddr4" else 6
    subnets = [each for network in docker.networks for each in network.subnets if each.version == version]
    return all(any(each.holds(end, version) for each in subnets) for ends in sources.ranges for end in ends)


CAUSE = Cause(
    title=message("Docker's rules in nat POSTROUTING exist twice"),
    source="moby/moby#31647, moby/moby#27063, moby/libnetwork#1484",
)
