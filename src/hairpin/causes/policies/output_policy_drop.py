"""OUTPUT drops a packet that the host itself or its docker-proxy sends.

Users see: outside clients are served; on the host 127.0.0.1:PORT times out.

Proof: OUTPUT drops what the host or its docker-proxy sends to the container; accepted, it arrives.
Now: accept packets into the bridge in OUTPUT.
Lasting: the same rule in the saved rules.
"""

from hairpin.causes.cause import RULE_STOPS, Cause
from hairpin.causes.rules._by_owner import by_owner
from hairpin.message import message

CAUSE = Cause(
    title=message("OUTPUT drops the flow"),
    source="iptables(8)",
    reasons=RULE_STOPS,
    find=by_owner(
        "output",
        in_class="shared-rule",
        title=message("OUTPUT drops this flow"),
        detail=message(
            "Packets that start on this host, such as docker-proxy's connections to containers, pass OUTPUT, which "
            "drops them: {rule}"
        ),
        discovery=(
            message("OUTPUT drops IPv6 neighbour discovery"),
            message("Without ICMPv6 this host and its neighbours do not find each other's IPv6 addresses: {rule}"),
        ),
    ),
)
