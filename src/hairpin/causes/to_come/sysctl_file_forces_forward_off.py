"""A file of sysctl.d sets forwarding to 0, so the next ``sysctl --system`` switches forwarding off while the engine
runs.

Users see: the port worked until a package was installed, a hardening role ran, or a person called ``sysctl --system``.
A restart of dockerd repairs the fault until the files are applied again.

Proof: hairpin applies the files to the model of the host.  The packet is then dropped because forwarding is off.  If
the line sets 1, the packet is forwarded.  A file that another file overrides is no cause.
Now: no flow fails yet.  Change the line that sets forwarding to 0.
Lasting: write 1 instead of 0 into the line.  If a program writes the file, add an exception to that program's
configuration, or it writes 0 again.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.to_come._coming import setting_of

CAUSE = Cause(
    title=message("A sysctl file switches forwarding off"),
    source="sysctl.d(5); moby/moby#47966",
    foresees=lambda coming: (
        coming.found.id in ("ip-forward-off", "ipv6-forwarding-off") and setting_of(coming) is not None
    ),
)
