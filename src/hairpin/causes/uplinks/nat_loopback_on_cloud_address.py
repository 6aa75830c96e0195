"""The public address is on a 1:1 NAT gateway, and the gateway does not send the host's own packets back to the host.

Users see: from the host (or its containers) connections to the public address time out, while 127.0.0.1 and the private
address work.

Proof: the address is on no link of the host, the packet goes to the gateway, and the gateway does not send it back
(``--public``, ``--outside`` or cloud-init says so).  If the host translates the address, the packet arrives.
Now: add a DNAT rule from the public address and port to the private address, in one chain for all asked ports.  Jump to
this chain from nat OUTPUT (for the host) and nat PREROUTING (for its containers).
Lasting: put the same rules into the file or manager that keeps the host's rules, or else into a unit.  Or use a name
that resolves to the private address on the host and in its containers.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfAddress, View, message
from hairpin.change.intent import LoopBack, rendered
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield two candidates that translate the public address on the host itself: one translates to the private address,
    the other by Docker's chain."""
    flow = view.flow
    mapping = view.network.world.public(flow.version, flow.daddr)
    if mapping is None:
        return
    public = address_text(mapping.public, flow.version)
    private = address_text(mapping.private, flow.version)
    protocol = {"tcp": TCP, "udp": UDP}.get(flow.protocol)
    if protocol is None:
        return
    for own in (mapping.private, None):
        intent = LoopBack(view.host_netns, flow.version, mapping.public, own, protocol, flow.dport)
        yield Candidate(
            title=message(
                "{public} is not an address of this host, and the host's gateway does not hairpin", public=public
            ),
            detail=message(
                "No interface has {public}; a gateway maps it to {private}. Packets from this host to {public} leave "
                "for the gateway, which does not send them back. Packets from outside still reach this host through "
                "the gateway.",
                public=public,
                private=private,
            ),
            change=rendered(intent, view.network),
            where=OfAddress(address=public, private=private, port=f"{flow.dport}/{flow.protocol}"),
            in_class="gateway-without-hairpin",
            evidence=(mapping.evidence,) if mapping.evidence else (),
            side_effects=(
                message(
                    "the rules match only this address and the asked ports; other services at {public} are unaffected",
                    public=public,
                ),
            ),
            advice=_instead(public, private),
            joins=public,
        )


def _instead(public: str, private: str) -> tuple[Message, ...]:
    """Return the advice about alternatives to the translation, and about measures that do not help."""
    return (
        message("a line in /etc/hosts does not help here: it affects names, and this is an address"),
        message(
            "instead of the rules: where clients use a name, let the name resolve to {private} on this host and in its "
            "containers. Or set {private} as the service's own endpoint, if no client outside uses that endpoint",
            private=private,
        ),
        message(
            "`ip address add {public}/{length} dev lo` works, too, but then packets to all ports of {public} stay on "
            "this host",
            public=public,
            length=128 if ":" in public else 32,
        ),
    )


CAUSE = Cause(
    title=message("The public address is not reachable from the host itself (1:1 NAT without hairpin)"),
    source="the cloud's documentation of public addresses; RFC 4787 section 6",
    shown_by=(
        "sudo tcpdump -ni any {protocol} port {port}; ip addr",
        message("the public address is on no link of the host, and the packets leave by the uplink"),
    ),
    reasons=frozenset({"gateway-does-not-hairpin"}),
)
