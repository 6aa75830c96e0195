"""Forwarding is on because something has switched it on at run time; no file says so.

Users see: it worked until the network was restarted, or the host rebooted.

Proof: the event is carried out on the model of the host: forwarding is off then, no file sets it, and with 1 the packet
goes on.  dockerd and Podman switch it on when they start, so a host on which they start has no such cause.
Now: nothing fails yet: write the file.
Lasting: ``net.ipv4.ip_forward = 1`` in a file of sysctl.d.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.to_come._coming import setting_of
from hairpin.message import message

_OFF = ("ip-forward-off", "ipv6-forwarding-off", "interface-forwarding-off")

CAUSE = Cause(
    title=message("No file keeps forwarding switched on"),
    source="sysctl.d(5); NixOS/nixpkgs#118656",
    foresees=lambda coming: coming.found.id in _OFF and setting_of(coming) is None,
)
