"""A file of networkd or NetworkManager matches the engine's bridges or the veths of containers.

Users see: since the network manager was restarted, a bridge has lost its address, or a container's veth is no longer a
bridge port.

Proof: hairpin simulates the manager's restart on the model of the host.  A link of the engine then differs from the
link that the engine made.
Now: nothing has to be done, because no flow fails yet.
Lasting: in networkd, set ``Unmanaged=yes`` for these links or write a narrower ``[Match]``.  In NetworkManager, set
``unmanaged-devices=``.
"""

from hairpin.causes.kit import Cause, message

_RESTARTS = ("networkd-restart", "networkmanager-restart", "reboot")
_OF_LINKS = (
    "bridge-address-missing", "bridge-down", "bridge-missing", "bridge-route-missing", "veth-detached-from-bridge",
    "veth-down", "bridge-port-isolated",
)  # fmt: skip

CAUSE = Cause(
    title=message("A network manager treats the containers' links as its own"),
    source="systemd.network(5) [Match]; NetworkManager.conf(5) unmanaged-devices",
    shown_by=(
        "networkctl; nmcli device; ip addr; ip route",
        message("the manager lists the veth or the bridge as a link of its own"),
    ),
    foresees=lambda coming: coming.event in _RESTARTS and coming.found.id in _OF_LINKS,
)
