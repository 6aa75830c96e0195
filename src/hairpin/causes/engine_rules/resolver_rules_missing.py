"""The rules by which dockerd leads a container's DNS queries to the embedded resolver are gone.

Users see: since a program in one container flushed iptables or loaded other rules, this container does not resolve
names ("connection refused" from 127.0.0.11).

Proof: dockerd's resolver listens on 127.0.0.11 in the container, and no rule leads queries to its port.  With the rules
the query arrives.
Now: use nsenter to add the jump to dockerd's chain, or two DNAT rules, to the container's nat table.
Lasting: dockerd makes the rules when the container starts.  Find the program in the image that flushes the rules.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, View, message
from hairpin.change.change import AddSocket, Change, InsertRule, one
from hairpin.change.intent import AnswerHere, rendered
from hairpin.host.docker import Container
from hairpin.host.engine_health import is_down
from hairpin.host.socket import Socket
from hairpin.netfilter.iptables.spelled import spelled as iptables_words
from hairpin.netfilter.ir import FieldMatch, Jump, Rule, Table
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.names import EMBEDDED, has_embedded, is_embedded
from hairpin.network.prefix import address_text

_DNS = 53
_CHAIN = "DOCKER_OUTPUT"
_NUMBERS = {"tcp": TCP, "udp": UDP}


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a query to the embedded resolver finds no socket.  Either the resolver listens on
    another port, or the resolver is gone although dockerd runs."""
    packet, container = view.stop.seen.packet, view.container
    if container is None or not is_embedded(view.host, container, (packet.version, packet.daddr)):
        return
    listening = [each for each in view.namespace.sockets if (each.version, each.address) == (4, EMBEDDED)]
    asked = next((each for each in listening if _NUMBERS[each.protocol] == packet.protocol), None)
    if asked is None:
        yield from _gone(view, container)
        return
    if packet.dport != _DNS:
        return
    tables = (each for each in view.namespace.ruleset.tables if (each.family, each.name) == ("ip", "nat"))
    table = next((each for each in tables if (chain := each.chain(_CHAIN)) is not None and chain.rules), None)
    intents = tuple(
        AnswerHere(view.stop.netns, 4, EMBEDDED, EMBEDDED, _NUMBERS[each.protocol], _DNS, each.port)
        for each in (listening if table is None else (asked,))
    )
    jump = _jump(view, table) if table is not None else None
    yield Candidate(
        title=message("Container {name} has lost the rules that lead to its DNS resolver", name=container.name),
        detail=message(
            "dockerd's resolver listens on {address}, port {port}; no rule translates queries for port 53 to that "
            "port.",
            address=address_text(EMBEDDED, 4),
            port=asked.port,
        ),
        change=jump or Change(tuple(part for each in intents for part in rendered(each, view.network).parts)),
        where=OfContainer(container.name),
        in_class="lost-engine-rule",
        evidence=(asked.evidence,),
        advice=(message("`docker restart {name}` makes the rules again, too", name=container.name),),
    )


def _gone(view: View, container: Container) -> Iterator[Candidate]:
    """Yield the candidate for a container whose resolver no longer listens.  dockerd starts the resolver only when the
    container starts."""
    packet = view.stop.seen.packet
    if packet.dport is None or not has_embedded(view.host, container):
        return
    if is_down(view.host, view.host.engine_of(container)):
        return
    again = message("docker restart {name}", name=container.name)
    held = Socket("tcp" if packet.protocol == TCP else "udp", 4, EMBEDDED, packet.dport, process="dockerd")
    yield Candidate(
        title=message("Container {name} has lost its DNS resolver", name=container.name),
        detail=message(
            "dockerd serves names on {address} in the container's network namespace. Nothing listens there.",
            address=address_text(EMBEDDED, 4),
        ),
        change=one(AddSocket(view.stop.netns, held, again)),
        where=OfContainer(container.name),
        in_class="lost-engine-rule",
        evidence=(container.evidence,),
    )


def _jump(view: View, table: Table) -> Change | None:
    """Return the change that restores the jump to dockerd's chain, or None if the jump exists."""
    output = table.chain("OUTPUT")
    if output is not None and any(Jump(_CHAIN) in rule.body for rule in output.rules):
        return None
    body = (FieldMatch("daddr4", ((EMBEDDED, EMBEDDED),)), Jump(_CHAIN))
    rule = Rule(body, iptables_words(body, "OUTPUT", "ip"), 1)
    return one(InsertRule(view.stop.netns, table.dialect, "ip", "nat", "OUTPUT", rule, 1))


CAUSE = Cause(
    title=message("The embedded DNS resolver, or the rules to it, are missing"),
    source="moby: libnetwork/resolver_unix.go setupIPTable()",
    shown_by=(
        "docker exec {container} sh -c 'iptables -t nat -S; cat /etc/resolv.conf'",
        message("table nat in the container has no chain DOCKER_OUTPUT"),
    ),
    reasons=frozenset({"no-listener"}),
)
