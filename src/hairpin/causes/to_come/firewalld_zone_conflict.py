"""A bridge of dockerd's is bound to another zone of firewalld: dockerd ends at its next start with ZONE_CONFLICT.

Users see: it worked until the reboot, or until dockerd was restarted; its log says that docker0 is already bound to a
zone.

Proof: dockerd's start is carried out on the model of the host; it fails, and without the binding it does not.
Now: nothing fails yet: ``firewall-cmd --permanent --zone=docker --change-interface=docker0``.
Lasting: the same.
"""

from hairpin.causes.cause import Cause, Coming
from hairpin.engines.docker.daemon import bound_elsewhere
from hairpin.message import message


def foresees(coming: Coming) -> bool:
    """Return whether the event brings this cause."""
    starts = ("docker-restart", "reboot", "docker-upgrade")
    down = coming.found.id in ("docker-daemon-not-running", "container-not-running")
    return coming.event in starts and down and any(bound_elsewhere(coming.host, each) for each in coming.host.engines)


CAUSE = Cause(
    title=message("firewalld has the engine's bridge in another zone"),
    source="moby libnetwork/iptables/firewalld.go AddInterfaceFirewalld(); moby/moby#41609",
)
