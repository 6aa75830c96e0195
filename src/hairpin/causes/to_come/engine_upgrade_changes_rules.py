"""A flow passes because the engine of today leaves it open; the rules of a newer version stop it.

Users see: it worked until the engine was upgraded: a container's own address, or another network's, is not reached.

Proof: the upgrade is carried out on the model of the host; a rule of the new engine stops the packet.
Now: nothing fails yet.
Lasting: publish the port, or the option that the new version has for it (``allow-direct-routing``,
``trusted_host_interfaces``, a gateway mode).
"""

from hairpin.causes.cause import Cause
from hairpin.message import message

CAUSE = Cause(
    title=message("The next version of the engine makes other rules"),
    source="moby release notes 27, 28, 29; moby/moby#49325",
    foresees=lambda coming: coming.event == "docker-upgrade" and coming.found.candidate.in_class != "switched-off",
)
