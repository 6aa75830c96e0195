"""A file of networkd or NetworkManager matches the engine's bridges or the containers' ends of their links.

Users see: it worked until the network manager was restarted: a bridge has lost its address, or a container its port.

Proof: the manager's restart is carried out on the model of the host; an engine's link is other than the engine made it.
Now: nothing fails yet.
Lasting: ``Unmanaged=yes`` for these links, or a narrower ``[Match]``; ``unmanaged-devices=`` in NetworkManager.
"""

from hairpin.causes.cause import Cause
from hairpin.message import message

_RESTARTS = ("networkd-restart", "networkmanager-restart", "reboot")
_OF_LINKS = (
    "bridge-address-missing", "bridge-down", "bridge-missing", "bridge-route-missing", "veth-detached-from-bridge",
    "veth-down", "bridge-port-isolated",
)  # fmt: skip

CAUSE = Cause(
    title=message("A network manager takes the containers' links for its own"),
    source="systemd.network(5) [Match]; NetworkManager.conf(5) unmanaged-devices",
    foresees=lambda coming: coming.event in _RESTARTS and coming.found.id in _OF_LINKS,
)
