"""The addresses of the name ``localhost``.

If the name has the address ::1, clients try ::1 first, and try 127.0.0.1 if ::1 refuses the connection at once.
Source: getaddrinfo(3), RFC 6724 section 6, RFC 6761 section 6.3
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.network.names import hosts_file
from hairpin.network.network import Network, netns_of, owns_address
from hairpin.network.prefix import parse_address
from hairpin.question.asked import Origin, Target
from hairpin.question.hosts import host_named
from hairpin.question.starts import asker

_NAME = "localhost"
_SECOND = parse_address("::1")


def with_second_family(network: Network, target: Target, origin: Origin | None) -> Iterator[Target]:
    """Yield the target.  If the user wrote ``localhost``, and this name has the address ::1 for the client, also yield
    the same port at ::1."""
    yield target
    if not target.localhost or (origin is not None and origin.is_client):
        return
    if origin is not None and origin.kind == "container":
        host = asker(network, origin)
        container = host.container(origin.container or "")
        netns = netns_of(host, container) if container is not None else None
    else:
        host = host_named(network, origin.host if origin is not None else target.host)
        netns = host.netns
    if netns is not None and netns in network and _has_second(network, host, netns):
        version, address = _SECOND
        yield msgspec.structs.replace(target, version=version, address=address)


def _has_second(network: Network, host: Host, netns: Netns) -> bool:
    """Return whether the name ``localhost`` has the address ::1 in the namespace.  The namespace must have ::1, and the
    host's own /etc/hosts must not give the name other addresses only.  An engine writes both addresses into a
    container's /etc/hosts."""
    if not owns_address(network.namespace(netns), *_SECOND):
        return False
    lines = hosts_file(host) if netns.is_host else ()
    named = [words[0] for words in lines if _NAME in words[1:]]
    return not named or "::1" in named
