"""A chain of another product (Tailscale, libvirt, Calico, kube-proxy …) drops the packet.

Users see: containers cannot reach a VPN, mesh or VM network, or machines in such a network cannot reach containers.

Proof: a chain of another product drops the packet.  With a rule before this chain that accepts the packet, the flow
arrives.
Now: make an exception in the product's own configuration (by its option, mark or allow-list).
Lasting: put the exception into the product's configuration, because the product rewrites its chain.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("Another product's chain drops the flow"),
    source="the product's own documentation",
    shown_by=(
        "sudo iptables-save; sudo nft list ruleset",
        message("a chain of another program drops the packet in FORWARD"),
    ),
    reasons=RULE_STOPS,
    find=by_owner(
        "third-party",
        in_class="shared-rule",
        title=message("A chain of another product, {chain}, drops this flow"),
        detail=message("The rule comes before the rules that would accept the packet: {rule}"),
        advice=(message("make the exception in that product's own configuration: the product rewrites its chains"),),
    ),
)
