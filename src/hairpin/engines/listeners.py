"""Sockets that hold published ports on the host: docker-proxy's, or the daemon's own where it runs without proxies."""

from collections.abc import Iterator

from hairpin.engines.docker.history import History
from hairpin.engines.docker.options import Daemon
from hairpin.engines.expected import ExpectedListener


def listeners_of(daemon: Daemon, history: History) -> Iterator[ExpectedListener]:
    """Yield one socket for each binding in effect; a routed network holds no port of the host."""
    for port in history.ports:
        binding, side = port.binding, port.attachment.bridge.side(port.family)
        if binding.actual and binding.host_port and side is not None and side.mode != "routed":
            yield ExpectedListener(
                process="dockerd" if daemon.hairpin else "docker-proxy",
                protocol=binding.protocol,
                version=binding.version,
                address=binding.host_ip,
                port=binding.host_port,
                container=port.attachment.container,
                binding=binding,
            )
