"""A bridge of dockerd is bound to another firewalld zone than ``docker``, so the next start of dockerd fails with
ZONE_CONFLICT.

Users see: published ports worked until the host was rebooted or dockerd was restarted.  dockerd's log says that docker0
is already bound to a zone.

Proof: hairpin simulates dockerd's start on the model of the host.  The start fails, and without the binding it does not
fail.
Now: no flow fails yet.  Run ``firewall-cmd --permanent --zone=docker --change-interface=docker0``.
Lasting: nothing more has to be done, because this command changes firewalld's permanent configuration.
"""

from hairpin.causes.cause import Cause, Coming
from hairpin.engines.docker.daemon import bound_elsewhere
from hairpin.message import message


def foresees(coming: Coming) -> bool:
    """Return whether this cause is the right name for the fault that the event brings."""
    starts = ("docker-restart", "reboot", "docker-upgrade")
    down = coming.found.id in ("docker-daemon-not-running", "container-not-running")
    return coming.event in starts and down and any(bound_elsewhere(coming.host, each) for each in coming.host.engines)


CAUSE = Cause(
    title=message("firewalld has the engine's bridge in another zone"),
    source="moby libnetwork/iptables/firewalld.go AddInterfaceFirewalld(); moby/moby#41609",
)
