"""Bodies of rules that somebody may add: matches of a flow that passes, and what becomes of a packet that they fit."""

from hairpin.errors import ChangeError
from hairpin.netfilter.iptables.spelled import spelled as iptables_words
from hairpin.netfilter.ir import Expression, Field, FieldMatch, NameMatch, Rule, Table
from hairpin.netfilter.nft.spelled import spelled as nft_words
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP
from tests.hunt.draws.draw import Subject

Body = tuple[Expression, ...]
_WITH_IIF = ("prerouting", "input", "forward", "ingress")
_WITH_OIF = ("forward", "output", "postrouting")


def matches(subject: Subject, hook: str) -> Body:
    """Return up to three matches, each of which fits packets of the flow, or others of the same kind."""
    found = [each for each in (_address(subject), *_port(subject), *_links(subject, hook), _protocol(subject)) if each]
    chosen = subject.random.sample(found, min(len(found), subject.random.choice((0, 1, 1, 2, 3))))
    ported = any(isinstance(each, FieldMatch) and each.field in ("dport", "sport") for each in chosen)
    protocol = _protocol(subject)
    ordered = [each for each in found if each in chosen and each != protocol]
    return (protocol, *ordered) if protocol is not None and (ported or protocol in chosen) else tuple(ordered)


def _protocol(subject: Subject) -> FieldMatch | None:
    flow = subject.flow
    number = {"tcp": TCP, "udp": UDP, "icmp": ICMP if flow.version == 4 else ICMP6}[flow.protocol]
    return FieldMatch("protocol", ((number, number),))


def _address(subject: Subject) -> FieldMatch | None:
    value = subject.pick(subject.addresses(subject.flow.version))
    if value is None:
        return None
    names: tuple[Field, Field] = ("saddr4", "daddr4") if subject.flow.version == 4 else ("saddr6", "daddr6")
    return FieldMatch(subject.random.choice(names), ((value, value),))


def _port(subject: Subject) -> tuple[FieldMatch, ...]:
    if subject.flow.protocol == "icmp":
        return ()
    inner = (
        each.container_port
        for host in subject.network.hosts
        for container in host.containers()
        for each in container.bindings
        if each.host_port == subject.flow.dport
    )
    port = subject.random.choice((subject.flow.dport, *inner))
    field: Field = "dport" if subject.chance(0.8) else "sport"
    return (FieldMatch(field, ((port, port),)),)


def _links(subject: Subject, hook: str) -> tuple[NameMatch, ...]:
    names = [each.name for each in subject.namespace.links if each.name != "lo" and each.master is None]
    if not names:
        return ()
    name = (subject.random.choice(names),)
    into = (NameMatch("iif", name),) if hook in _WITH_IIF else ()
    out = (NameMatch("oif", name),) if hook in _WITH_OIF else ()
    return into + out


def rule(table: Table, chain: str, body: Body) -> Rule | None:
    """Return the rule in the words of the table's dialect; None if they cannot say it."""
    try:
        if table.dialect == "nft":
            return Rule(body, nft_words(body, table), 1)
        if table.dialect == "ebtables":
            return Rule(body, f"-A {chain} drawn", 1)
        return Rule(body, iptables_words(body, chain, "ip6" if table.family == "ip6" else "ip"), 1)
    except ChangeError:
        return None
