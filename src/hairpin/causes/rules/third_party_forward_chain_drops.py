"""A chain of another program (Tailscale, libvirt, Incus, Calico, kube-proxy …) drops the packet.

Users see: containers cannot reach a VPN, mesh or VM network, or machines in such a network cannot reach containers.

Proof: a chain or an nftables table of another program drops the packet.  With a rule before it that accepts the packet,
the flow arrives.
Now: make an exception in the program's own configuration (by its option, mark or allow-list).
Lasting: put the exception into the program's configuration, because the program rewrites its rules.
"""

from msgspec.structs import replace

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, View, message
from hairpin.causes.rules._by_owner import by_owner
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.host.boot.configured import keeper_of

_EACH = by_owner(
    "third-party",
    in_class="shared-rule",
    title=message("A chain of another product, {chain}, drops this flow"),
    detail=message("The rule comes before the rules that would accept the packet: {rule}"),
    advice=(message("make the exception in that product's own configuration: the product rewrites its chains"),),
)


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate for each way past the rule of a program that makes rules for its own networks or guests."""
    place = stopped_by(view, "third-party")
    keeper = keeper_of(place) if place is not None else None
    if place is None or keeper is None:
        yield from _EACH(view)
        return
    for each in _EACH(view):
        yield replace(
            each,
            title=message(
                "{program} drops this flow in {table} {chain}", program=keeper.name, table=place.table,
                chain=place.chain,
            ),
            detail=message("This rule stops the packet: {rule}", rule=place.text),
            advice=(keeper.lets_in,) if keeper.lets_in is not None else each.advice,
        )  # fmt: skip


CAUSE = Cause(
    title=message("Another product's chain drops the flow"),
    source="the product's own documentation",
    shown_by=(
        "sudo iptables-save; sudo nft list ruleset",
        message("a chain of another program drops the packet in FORWARD"),
    ),
    reasons=RULE_STOPS,
)
