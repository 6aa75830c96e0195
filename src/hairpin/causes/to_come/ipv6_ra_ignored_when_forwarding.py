"""With IPv6 forwarding on, the kernel takes no advertisement unless ``accept_ra`` is 2: what it has ends.

Users see: IPv6 works for half an hour after the boot, or after the engine has switched forwarding on.

Proof: the advertised routes and addresses are taken off the model of the host; the packet has no route then.
Now: ``sysctl -w net.ipv6.conf.LINK.accept_ra=2``.
Lasting: the same in a file of sysctl.d, or the network manager that takes advertisements itself.
"""

from hairpin.causes.cause import Cause
from hairpin.message import message

CAUSE = Cause(
    title=message("A host that forwards IPv6 ignores router advertisements"),
    source="Documentation/networking/ip-sysctl.rst accept_ra",
    foresees=lambda coming: coming.event == "router-advertisement-expired",
)
