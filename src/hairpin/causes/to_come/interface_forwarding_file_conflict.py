"""A file of sysctl.d says 0 for the forwarding of one interface, or of those to come.

Users see: it worked until an interface came up again, or the files were applied; other interfaces forward.

Proof: the files are applied to the model of the host; a packet that comes in by that interface is then dropped, and
with 1 it is not.
Now: nothing fails yet: remove the line.
Lasting: the same.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.to_come._coming import setting_of
from hairpin.message import message

CAUSE = Cause(
    title=message("A sysctl file keeps one interface from forwarding"),
    source="sysctl.d(5); net/ipv4/devinet.c inet_forward_change()",
    foresees=lambda coming: coming.found.id == "interface-forwarding-off" and setting_of(coming) is not None,
)
