"""The port is published on the host's loopback only.

Users see: ``curl 127.0.0.1`` works on the host, but other clients are refused.

Proof: the port is published on a loopback address only.  If the port is published on every address, the flow arrives.
Now: recreate the container with its port published on the address that the client asked, or on every address.  If the
port is published on every address, it is open to every client that reaches the host, because ufw does not filter it.
Or keep the port on loopback, and connect to the reverse proxy that serves this port.
Lasting: change the address in the Compose file, ``ip`` in daemon.json, or the network's option ``host_binding_ipv4``.
"""

from hairpin.causes.engine._publishing import at_host_port, loopback_only, on_every_address
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, View, message
from hairpin.host.docker import Container, PortBinding


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when every binding of the port is on loopback.  If the port is published for the packet's IP
    version, only these bindings count: the others serve no client of this version.  If a container whose start
    failed publishes the port on other addresses, clients mean this container."""
    bindings = at_host_port(view) or at_host_port(view, every_version=True)
    running = [
        (container, binding)
        for container, binding in bindings
        if container.running
        and (binding.actual or container.is_disconnected or _is_out_of_reach(view, container, binding))
    ]
    if not running or not all(loopback_only(binding) for _, binding in running):
        return
    if not all(loopback_only(binding) for container, binding in bindings if container.error):
        return
    container, binding = running[0]
    yield on_every_address(view, container, binding, loopback=True)


def _is_out_of_reach(view: View, container: Container, binding: PortBinding) -> bool:
    """Return whether the binding is for IPv6 and the container has only IPv4 addresses.

    For an IPv6 binding of a container without an IPv6 address, only docker-proxy can relay packets to the container."""
    internal = {each.name for engine in view.host.engines for each in engine.networks if each.internal}
    ways = [each for each in container.endpoints if each.network not in internal]
    return binding.version == 6 and any(each.ipv4 for each in ways) and not any(each.ipv6 for each in ways)


CAUSE = Cause(
    title=message("The port is published on 127.0.0.1 only"),
    source="docs.docker.com: port publishing, HostIp",
    shown_by=("docker ps; sudo ss -lntup", message("the port is published at 127.0.0.1")),
    on_purpose=True,
    reasons=frozenset({"no-listener", "never-accepts", *RULE_STOPS}),
    fixed_with="container",
    shown_to="everybody",
)
