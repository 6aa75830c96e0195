"""A file of sysctl.d sets forwarding to 0 for one interface, or for all new interfaces.

Users see: the port worked until an interface came up again or the files were applied.  Other interfaces still forward.

Proof: hairpin applies the files to the model of the host.  A packet that comes in through this interface is then
dropped.  If the line sets 1, the packet is forwarded.
Now: no flow fails yet.  Remove the line that sets forwarding to 0.
Lasting: nothing more has to be done after the line is removed.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.to_come._coming import setting_of

CAUSE = Cause(
    title=message("A sysctl file keeps one interface from forwarding"),
    source="sysctl.d(5); net/ipv4/devinet.c inet_forward_change()",
    foresees=lambda coming: coming.found.id == "interface-forwarding-off" and setting_of(coming) is not None,
)
