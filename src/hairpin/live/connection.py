"""Makes a real connection of a flow at the place where the flow starts: in this host's namespace, or in a container's
namespace.

docker-proxy accepts a connection before it connects to the container, so an accepted connection proves nothing.  The
service has to send data: its own first data, or its answer to a request.
"""

import subprocess
from typing import Literal

from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.own_python import own_python

Observed = Literal["answered", "silent", "refused", "timeout"]
"""The result of a real connection.  ``silent``: the connection was accepted, and no data came back.  ``refused``: the
connection failed at once, with any error."""
_PATIENCE_S = 3
_CODE = """
import socket, sys
address, port, patience = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
try:
    with socket.create_connection((address, port), timeout=patience) as sock:
        for request in (b"", b"GET / HTTP/1.0\\r\\n\\r\\n"):
            sock.settimeout(patience if request else 0.3)
            try:
                sock.sendall(request)
                print("answered" if sock.recv(1) else "silent")
                break
            except TimeoutError:
                continue
        else:
            print("silent")
except TimeoutError:
    print("timeout")
except ConnectionResetError:
    print("silent")
except OSError:
    print("refused")
"""


def connect(network: Network, flow: Flow) -> Observed | None:
    """Return the result of a real connection of the flow.  Return None if the connection cannot be made on this host,
    for example because the flow is UDP, starts at an outside client or on another host, or goes to an address that
    hairpin invented."""
    entering = _entering(network, flow)
    if entering is None:
        return None
    command = (*entering, *own_python(), "-I", "-S", "-c", _CODE,
               address_text(flow.daddr, flow.version), str(flow.dport), str(_PATIENCE_S))  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=4 * _PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    printed = done.stdout.strip()
    for observed in ("answered", "silent", "refused", "timeout"):
        if printed == observed:
            return observed
    return None


def _entering(network: Network, flow: Flow) -> tuple[str, ...] | None:
    if flow.protocol != "tcp" or flow.invented or flow.asked_name or flow.host not in ("", network.this.name):
        return None
    match flow.start:
        case FromHost(address=None):
            return ()
        case FromContainer(name=name):
            container = network.this.container(name)
            return ("nsenter", "-t", str(container.pid), "-n") if container is not None and container.pid else None
        case _:
            return None
