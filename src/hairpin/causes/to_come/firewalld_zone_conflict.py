"""A bridge of dockerd is bound to another firewalld zone than ``docker``, so the next start of dockerd fails with
ZONE_CONFLICT.

Users see: published ports worked until the host was rebooted or dockerd was restarted.  dockerd's log says that docker0
is already bound to a zone.  For the bridge of another network, dockerd starts without this network, and starts no
container on it.

Proof: hairpin simulates dockerd's start on the model of the host.  The start fails because the bridge is bound to
another zone; without this binding it does not fail.
Now: no flow fails yet.  Run ``firewall-cmd --permanent --zone=docker --change-interface=docker0``.
Lasting: nothing more has to be done, because this command changes firewalld's permanent configuration.
"""

from hairpin.causes.kit import Cause, Coming, OfContainer, message
from hairpin.engines.docker.daemon import bound_elsewhere, unloaded_networks
from hairpin.host.docker import Engine


def foresees(coming: Coming) -> bool:
    starts = ("docker-restart", "reboot", "docker-upgrade")
    down = coming.found.id in ("docker-daemon-not-running", "container-not-running")
    return coming.event in starts and down and any(_keeps_down(coming, each) for each in coming.host.engines)


def _keeps_down(coming: Coming, engine: Engine) -> bool:
    """Return whether a bridge's zone keeps dockerd from starting, or from starting the stopped container."""
    unloaded = unloaded_networks(coming.host, engine)
    if len(unloaded) < len(bound_elsewhere(coming.host, engine)):
        return True  # the default network's bridge: dockerd does not start
    where = coming.found.candidate.where
    stopped = where.container if isinstance(where, OfContainer) else ""
    names = {name for each in engine.containers if each.name == stopped for name in engine.network_names(each)}
    return any(each.name in names for each in unloaded)


CAUSE = Cause(
    title=message("firewalld has the engine's bridge in a zone other than the engine's"),
    source="moby libnetwork/iptables/firewalld.go AddInterfaceFirewalld(); moby/moby#41609",
)
