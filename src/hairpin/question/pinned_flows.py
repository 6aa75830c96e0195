"""The flow to a name that the asking container's own /etc/hosts leads to an address.

The file comes before every name server, so the container's packets go there, whoever else has the name."""

from hairpin.errors import UsageError
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.pinned_names import NAMES_OF_HOST, addresses_on, holder_of_pin, pinned_address
from hairpin.question.asked import Origin, Target
from hairpin.question.starts import asker, start_named


def to_pinned(network: Network, target: Target, origin: Origin | None) -> list[Flow]:
    """Return the flow to the address that the asking container's file has for the target's name; none if the file does
    not have the name, or leads it to the container of that name.

    Raises UsageError for a name of the host that the file does not have."""
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
