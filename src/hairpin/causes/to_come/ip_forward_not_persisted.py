"""Forwarding is on because a program or a person switched it on at run time, and no file sets it.

Users see: the port worked until the network was restarted or the host was rebooted.

Proof: hairpin simulates the event on the model of the host.  Forwarding is off then, no file sets it, and with
forwarding on the packet passes.  dockerd and Podman switch forwarding on when they start, so a host that starts one of
them at boot does not have this cause.
Now: no flow fails yet.  Write the file of sysctl.d that switches forwarding on.
Lasting: put ``net.ipv4.ip_forward = 1`` into a file of sysctl.d.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.to_come._coming import setting_of

_OFF = ("ip-forward-off", "ipv6-forwarding-off", "interface-forwarding-off")

CAUSE = Cause(
    title=message("No file keeps forwarding switched on"),
    source="sysctl.d(5); NixOS/nixpkgs#118656",
    foresees=lambda coming: coming.found.id in _OFF and setting_of(coming) is None,
)
