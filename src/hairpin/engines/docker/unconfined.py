"""The change of an internal network to a network without ``--internal``.  The change proves that this option stops a
packet.

No engine can remove the option from an existing network, so the change is never made on a host.
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddEntry, Change, DeleteRule, Primitive
from hairpin.engines.expected import Purpose
from hairpin.engines.found import of_dialect
from hairpin.engines.missing import Missing, missing_of
from hairpin.engines.repair.endpoints import routes
from hairpin.engines.repair.restoring import restoring
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.meaning import meaning

_OPENING: tuple[Purpose, ...] = ("jump", "accept", "outgoing", "ct-state")


def without_internal(
    host: Host, container: Container, endpoint: Endpoint, joined: DockerNetwork, binding: PortBinding | None
) -> Change:
    """Return the change after which the network is not isolated and gives the container a default route.  ``binding``
    is the port that the container publishes on the network after the change, or None."""
    engine = host.engine_of(container)
    return Change(
        (
            *_without_borders(host, missing_of(host, engine), joined),
            *_opened(host, _open(engine, container, endpoint, joined, binding), container, joined),
            *_way_out(host, container, endpoint),
        )
    )


def _open(
    engine: Engine, container: Container, endpoint: Endpoint, joined: DockerNetwork, binding: PortBinding | None
) -> Engine:
    networks = tuple(
        msgspec.structs.replace(each, internal=False) if each.id == joined.id else each for each in engine.networks
    )
    # Docker publishes a container's ports on only one network, so the copied container is on this network alone.
    changed = msgspec.structs.replace(container, endpoints=(endpoint,), bindings=(binding,) if binding else ())
    return msgspec.structs.replace(engine.with_container(changed), networks=networks)


def _without_borders(host: Host, now: Missing, joined: DockerNetwork) -> list[DeleteRule]:
    """Return the deletions of the network's isolation rules.  Each deletion changes the numbers of later rules, so the
    last rule of a chain is deleted first."""
    found: list[DeleteRule] = []
    tables = of_dialect(now.dialect, host.namespace(host.netns.name))
    borders = (each for each in now.wanted.rules if (each.purpose, each.network) == ("internal", joined.name))
    for border in borders:
        table, wanted = tables.table(border.family, border.table), meaning(border.rule)
        chain = table.chain(border.chain) if table is not None else None
        if table is not None and chain is not None:
            places = (place_of(table, border.chain, each) for each in chain.rules if meaning(each) == wanted)
            found += (DeleteRule(host.netns, place) for place in places)
    return sorted(found, key=lambda each: -each.place.number)


def _opened(host: Host, engine: Engine, container: Container, joined: DockerNetwork) -> Iterator[Primitive]:
    """Yield the insertions of rules that accept packets of the open network and packets to the published port."""
    lost = missing_of(host, engine)
    mine = tuple(
        each
        for each in lost.rules
        if each.purpose in _OPENING
        and (each.table == "filter" or lost.dialect == "nft")
        and joined.name == each.network
        and each.container in (None, container.name)
    )
    yield from restoring(host.netns, host.namespace(host.netns.name), lost, (), mine).parts


def _way_out(host: Host, container: Container, endpoint: Endpoint) -> Iterator[Primitive]:
    """Yield the additions of the default routes that the container lacks."""
    if container.netns is None or container.netns not in host:
        return
    inner = host.namespace(container.netns)
    link = next((each.link for each in inner.addresses if each.value in (endpoint.ipv4, endpoint.ipv6)), None)
    has = {each.version for each in inner.routes if each.prefix_length == 0}
    for route in routes(endpoint, link, way_out=True) if link is not None else ():
        if route.prefix_length == 0 and route.version not in has:
            yield AddEntry(Netns(host.name, inner.name), route)
