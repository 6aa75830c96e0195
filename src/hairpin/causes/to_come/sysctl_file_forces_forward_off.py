"""A file of sysctl.d says 0 for forwarding: the next ``sysctl --system`` switches it off while the engine runs.

Users see: it worked until a package was installed, a hardening role ran, or somebody called ``sysctl --system``; a
restart of dockerd repairs it until the next time.

Proof: the files are applied to the model of the host; the packet is then dropped for want of forwarding, and with 1 it
is not.  A file that another one overrides is no cause.
Now: nothing fails yet: change the line.
Lasting: 1 in that line, and an exception in what writes the file.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.to_come._coming import setting_of
from hairpin.message import message

CAUSE = Cause(
    title=message("A sysctl file switches forwarding off"),
    source="sysctl.d(5); moby/moby#47966",
    foresees=lambda coming: (
        coming.found.id in ("ip-forward-off", "ipv6-forwarding-off") and setting_of(coming) is not None
    ),
)
