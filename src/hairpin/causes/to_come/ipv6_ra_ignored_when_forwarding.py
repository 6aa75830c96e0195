"""While IPv6 forwarding is on, the kernel accepts router advertisements only if ``accept_ra`` is 2.  The addresses and
routes that it has got from earlier advertisements expire.

Users see: IPv6 works for half an hour after the boot, or after the engine has switched forwarding on.

Proof: hairpin deletes the advertised routes and addresses from the model of the host.  The packet has no route then.
Now: ``sysctl -w net.ipv6.conf.LINK.accept_ra=2``.
Lasting: put the same sysctl into a file of sysctl.d, or use a network manager that handles router advertisements
itself.
"""

from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("A host that forwards IPv6 ignores router advertisements"),
    source="Documentation/networking/ip-sysctl.rst accept_ra",
    shown_by=(
        "ip -6 route; sysctl -a 2>/dev/null | grep -E 'ipv6.conf.*(forwarding|accept_ra)'",
        message("forwarding is 1 and accept_ra is 1 on the uplink, and there is no default route"),
    ),
    foresees=lambda coming: coming.event == "router-advertisement-expired",
)
