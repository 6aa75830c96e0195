"""dockerd has set FORWARD's policy to DROP, and no rule of Podman's network back end accepts new connections to
Podman's containers.

Users see: since Docker was installed or started, published ports of Podman containers time out for other machines, but
work from the host.

Proof: the policy of FORWARD, set by dockerd, is DROP, and no rule accepts new connections to Podman's containers.  With
an accepting rule the connections to Podman's containers pass.
Now: add a rule to DOCKER-USER that accepts these connections.
Lasting: add the same rule to the saved rules.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("Docker's FORWARD policy drops packets for Podman's containers"),
    source="netavark 1.4.0 src/firewall/varktables; moby: libnetwork/drivers/bridge/setup_ip_forwarding.go",
    reasons=RULE_STOPS,
    find=by_owner(
        "podman-beside-docker",
        in_class="closed-policy",
        title=message("Docker's FORWARD policy drops packets for Podman's containers"),
        detail=message(
            "dockerd sets the policy of {table} FORWARD to DROP and accepts packets of its own networks only. Podman's "
            "rules accept answers and packets from its containers, but no new connection to its containers."
        ),
    ),
)
