"""dockerd has set FORWARD's policy to DROP, and Podman's network back end accepts no new connection to its containers.

Users see: published ports of Podman containers time out since Docker was installed or started; from the host they work.

Proof: dockerd's policy of FORWARD is DROP, and nothing accepts new connections to Podman's containers; with an
accepting rule they pass.
Now: a rule in DOCKER-USER that accepts them.
Lasting: the same rule in the saved rules.
"""

from hairpin.causes.cause import RULE_STOPS, Cause
from hairpin.causes.rules._by_owner import by_owner
from hairpin.message import message

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
            "rules accept answers and what its containers send, but no new connection to its containers."
        ),
    ),
)
