"""The port is published on the host's loopback only.

Users see: ``curl 127.0.0.1`` works on the host; clients elsewhere are refused.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine._publishing import at_host_port, loopback_only, on_every_address


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when every binding of the port is on loopback."""
    bindings = at_host_port(view, every_version=True)
    running = [(container, binding) for container, binding in bindings if container.running and binding.actual]
    if not running or not all(loopback_only(binding) for _, binding in running):
        return
    container, binding = running[0]
    yield on_every_address(view, container, binding, loopback=True)


CAUSE = Cause(
    id="published-on-loopback-only",
    title="The port is published on 127.0.0.1 only",
    source="docs.docker.com: port publishing, HostIp",
    reasons=frozenset({"no-listener", "rule", "policy", "reject", "never-accepts"}),
    find=find,
)
