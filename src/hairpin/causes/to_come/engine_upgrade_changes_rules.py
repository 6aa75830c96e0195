"""A flow passes because the installed version of the engine lets it pass.  The rules of a newer version stop it.

Users see: since the engine was upgraded, clients no longer reach a container's own address or a container on another
network.

Proof: hairpin simulates the upgrade on the model of the host.  A rule of the new engine stops the packet.
Now: nothing has to be done, because no flow fails yet.
Lasting: publish the port, or set the option by which the new version allows the flow (``allow-direct-routing``,
``trusted_host_interfaces``, a gateway mode).
"""

from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The next version of the engine makes other rules"),
    source="moby release notes 27, 28, 29; moby/moby#49325",
    foresees=lambda coming: coming.event == "docker-upgrade" and coming.found.candidate.in_class != "switched-off",
)
