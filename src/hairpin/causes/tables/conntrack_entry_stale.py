"""A conntrack entry is older than the rules, and the packets of its sender still follow this entry.

Users see: since a container was created or recreated, senders that keep their source port (syslog, statsd, SIP) no
longer reach the container, while new clients do.

Proof: the connection table has an entry of this sender for this port, and the entry's translation differs from the
translation by the present rules.  Without the entry the packet arrives.
Now: delete the entry by ``conntrack -D`` with the sender, the destination and the port.
Lasting: nothing has to be done, because the next packet creates a correct entry.
"""

from typing import get_args

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Netns, OfConnection, View, message
from hairpin.change.change import Change, DropConnection
from hairpin.netfilter.packet import TCP, Connection
from hairpin.network.flow import Protocol
from hairpin.network.prefix import address_text
from hairpin.walk.decided import ConntrackDecided
from hairpin.walk.state import Reason, Step


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each namespace in which the packet matched a conntrack entry."""
    seen: set[Netns] = set()
    for step in (*view.branch.request, *view.branch.data):
        entry = step.decided_by.entry if isinstance(step.decided_by, ConntrackDecided) else None
        if entry is not None and entry.live and step.netns not in seen:
            seen.add(step.netns)
            yield _candidate(step, entry)


def _candidate(step: Step, entry: Connection) -> Candidate:
    original, version = entry.original, entry.version
    protocol: Protocol = "tcp" if original.protocol == TCP else "udp"
    sender, to = address_text(original.saddr, version), address_text(original.daddr, version)
    all_of_sender = msgspec.structs.replace(original, sport=0)
    return Candidate(
        title=message(
            "An old conntrack entry leads packets from {sender}, port {port}, to a wrong destination",
            sender=sender,
            port=original.sport,
        ),
        detail=_said(entry),
        change=Change((DropConnection(step.netns, version, original if protocol == "tcp" else all_of_sender),)),
        where=OfConnection(protocol, sender, original.sport, to, original.dport),
        in_class="stale-connection",
        evidence=(entry.evidence,),
        cuts=protocol == "tcp",
        advice=(
            message(
                "each packet of the sender renews the entry; if the sender is silent, the entry expires in {seconds} s",
                seconds=entry.timeout_s,
            ),
        )
        if entry.timeout_s is not None
        else (),
    )


def _said(entry: Connection) -> Message:
    """Return the message that tells to which address the entry sends the sender's packets."""
    original, target = entry.original, entry.reply.reversed()
    if (target.daddr, target.dport) == (original.daddr, original.dport):
        return message("The entry was made before a rule translated this port: it has no DNAT.")
    return message(
        "The entry translates to {address} port {port}, but the rules no longer do this.",
        address=address_text(target.daddr, entry.version),
        port=target.dport,
    )


CAUSE = Cause(
    title=message("An old conntrack entry decides where the packets go"),
    source="net/netfilter/nf_nat_core.c nf_nat_inet_fn(): rules are asked for the first packet of a connection only",
    shown_by=(
        "sudo conntrack -L -p udp; docker ps",
        message("an entry of the port has the address of a container that is gone"),
    ),
    reasons=frozenset[Reason](get_args(Reason)),
)
