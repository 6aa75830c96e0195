"""The port is published on one address of the host, and the packet is for another address of the host.

Users see: the port answers at one address of the host, and connections to another address are refused.

Proof: the port is published on another address than the one that the client asked.  If the port is published on the
address that the client asked, the flow arrives.
Now: connect to the address on which the port is published, or recreate the container with its port on every address.
Lasting: change the address in the Compose file, ``ip`` in daemon.json, or the network's option ``host_binding_ipv4``.
"""

from hairpin.causes.engine._publishing import at_host_port, covers, loopback_only, on_every_address
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, View, message


def find(view: View) -> Iterator[Candidate]:
    asked = view.stop.seen.packet.daddr
    bindings = [(c, b) for c, b in at_host_port(view) if c.running and b.actual]
    if any(covers(binding, asked) for _, binding in bindings):
        return
    others = [(container, binding) for container, binding in bindings if not loopback_only(binding)]
    if others:
        yield on_every_address(view, *others[0], loopback=False)


CAUSE = Cause(
    title=message("The port is published on another address of this host"),
    source="docs.docker.com: port publishing, HostIp",
    on_purpose=True,
    reasons=frozenset({"no-listener", "never-accepts", *RULE_STOPS}),
    fixed_with="container",
    shown_to="everybody",
)
