"""Two hosts with containers: web on both, db on the first alone, api on the second."""

import msgspec

from hairpin.host.host import Host
from tests.small_host import container, engine
from tests.two_hosts import node


def having(host: Host, *names: str) -> Host:
    """Return the host with containers of these names."""
    containers = (msgspec.structs.replace(container(), name=name, id=name * 20) for name in names)
    return msgspec.structs.replace(host, engines=(engine(*containers),))


ONE, TWO = having(node("one"), "web", "db"), having(node("two"), "web", "api")
