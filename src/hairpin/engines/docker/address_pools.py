"""The subnet that dockerd gives a network if the user states none: the next free block of dockerd's pools.

Source: moby libnetwork/ipamutils/utils.go, ipam/allocator.go allocatePredefinedPool(), netutils CheckRouteOverlaps();
since 27 ipam/defaultipam/address_space.go allocatePredefinedPool()
"""

from collections.abc import Iterator

from hairpin.engines.docker.options import Version, dockerd_version
from hairpin.host.docker import DockerNetwork, Engine, Subnet
from hairpin.host.host import Namespace
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.network.prefix import Version as IpVersion
from hairpin.network.prefix import inside

LOWEST_FREE: Version = (27, 0, 0)
"""From this version on, a network gets the lowest free block.  Older versions give the block after the block that was
given last."""
_OWN: tuple[tuple[int, int, int], ...] = (
    *((0xAC000000 + (number << 16), 16, 16) for number in range(17, 32)),
    (0xC0A80000, 16, 20),
)
"""dockerd's default pools: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 in blocks of /20."""

Block = tuple[int, int]
"""A network address and its prefix length."""


def blocks_of(engine: Engine) -> Iterator[Block]:
    """Yield the blocks of the engine's pools, in pool order."""
    for network, length, size in engine.address_pools or _OWN:
        for number in range(1 << max(0, size - length)):
            yield network + (number << 32 - size), size


def is_of_pool(engine: Engine, subnet: Subnet) -> bool:
    """Return whether the subnet is a whole block of the engine's pools.  Probably no user chose a subnet that is a
    whole block."""
    return subnet.version == 4 and (subnet.network, subnet.prefix_length) in set(blocks_of(engine))


def gives_lowest(engine: Engine) -> bool:
    """Return whether the engine gives the lowest free block.  If the engine gives the lowest free block, hairpin can
    tell the next block."""
    return (dockerd_version(engine.version) or LOWEST_FREE) >= LOWEST_FREE


def next_block(engine: Engine, namespace: Namespace, last: Block | None) -> Block | None:
    """Return the next block that overlaps no network of the engine and no route of the host; None if all blocks are in
    use.  ``last`` is the block that the engine gave last."""
    blocks = list(blocks_of(engine))
    if last in blocks and not gives_lowest(engine):
        begin = blocks.index(last) + 1
        blocks = blocks[begin:] + blocks[:begin]
    used = [*_of_networks(engine), *_routed(namespace)]
    return next((each for each in blocks if not any(_overlap(each, one) for one in used)), None)


def networks_in_pools(engine: Engine) -> tuple[DockerNetwork, ...]:
    """Return the engine's networks with a subnet that overlaps a block of the pools.  The networks ``host`` and
    ``none`` have no subnet."""
    blocks = tuple(blocks_of(engine))
    return tuple(
        each
        for each in engine.networks
        if any(
            one.version == 4 and _overlap((one.network, one.prefix_length), block)
            for one in each.subnets
            for block in blocks
        )
    )


def overlapping_routes(engine: Engine, namespace: Namespace) -> tuple[Route, ...]:
    """Return the host's routes that overlap blocks of the pools and are not the route to a network of the engine."""
    own, blocks = set(_of_networks(engine)), tuple(blocks_of(engine))
    return tuple(
        each
        for each in _main(namespace)
        if (each.destination, each.prefix_length) not in own
        and any(_overlap((each.destination, each.prefix_length), one) for one in blocks)
    )


def covered_servers(engine: Engine, servers: tuple[tuple[IpVersion, int], ...]) -> tuple[int, ...]:
    """Return the name servers of the host whose addresses are in blocks of the pools.  dockerd gives no network such a
    block.  Source: moby libnetwork/netutils/utils.go CheckNameserverOverlaps()"""
    blocks = tuple(blocks_of(engine))
    return tuple(
        value for version, value in servers if version == 4 and any(inside(value, *each, 4) for each in blocks)
    )


_SPARE: tuple[Block, ...] = tuple((0x0AC80000 + (number << 16), 16) for number in range(20))
"""10.200.0.0/16 and the following blocks of /16."""


def spare_block(namespace: Namespace, servers: tuple[tuple[IpVersion, int], ...]) -> Block:
    """Return a block that a user can configure as a pool.  The returned block is the first spare block that overlaps no
    route of the host and contains no name server.  If there is no such block, it is the first spare block."""
    used = [*_routed(namespace), *((value, 32) for version, value in servers if version == 4)]
    return next((each for each in _SPARE if not any(_overlap(each, one) for one in used)), _SPARE[0])


def _of_networks(engine: Engine) -> Iterator[Block]:
    for network in engine.networks:
        yield from ((each.network, each.prefix_length) for each in network.subnets if each.version == 4)


def _routed(namespace: Namespace) -> Iterator[Block]:
    for each in _main(namespace):
        yield each.destination, each.prefix_length


def _main(namespace: Namespace) -> Iterator[Route]:
    """Yield the IPv4 routes of the main table, without the default route."""
    yield from (
        each for each in namespace.routes if (each.version, each.table) == (4, TABLE_MAIN) and each.prefix_length
    )


def _overlap(one: Block, other: Block) -> bool:
    return inside(one[0], *other, 4) or inside(other[0], *one, 4)
