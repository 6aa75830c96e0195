"""The flow to a name for which the asking container's own /etc/hosts has an address.

/etc/hosts comes before every name server, so the container's packets go to this address, whoever else has the name."""

from hairpin.errors import UsageError
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.pinned_names import NAMES_OF_HOST, addresses_on, holder_of_pin, pinned_address
from hairpin.question.asked import Origin, Target
from hairpin.question.starts import asker, start_named


def to_pinned(network: Network, target: Target, origin: Origin | None) -> list[Flow]:
    """Return the flow to the address that the asking container's /etc/hosts has for the target's name.  Return none if
    the file does not have the name, or if its address is an address of the container with this name.

    Raises UsageError if the target's name means the host and the container's /etc/hosts does not have this name."""
    name = target.container or ""
    if origin is None or origin.kind != "container" or target.port is None or not name or target.host:
        return []
    host = asker(network, origin)
    asking = host.container(origin.container or "") or next(iter(host.containers_named(origin.container or "")), None)
    pin = pinned_address(host, asking, name) if asking is not None else None
    named = host.containers_named(name)
    if pin is None or asking is None:
        if asking is not None and name in NAMES_OF_HOST and not named and not host.engine_of(asking).rootless:
            raise UsageError(_unknown(name, asking.name))
        return []
    if any(pin.address in addresses_on(host, each, pin.version) for each in named):
        return []
    point = start_named(network, host, pin.version, origin)
    container = holder_of_pin(host, pin)
    return [
        Flow(
            point.start,
            pin.version,
            pin.address,
            target.protocol or "tcp",
            target.port,
            container=container.name if container is not None else None,
            host=point.host.name,
            asked_host=host.name,
        )
    ]


def _unknown(name: str, asking: str) -> Message:
    return message(
        "container {asking!r} does not know the name {name}: it was made without --add-host {name}:host-gateway",
        asking=asking,
        name=name,
    )
