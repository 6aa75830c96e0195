"""A new network gets no subnet: none is left in Docker's address pools, or another network has the asked one.

Users see: ``docker compose up`` fails with "could not find an available, non-overlapping IPv4 address pool among the
defaults", "all predefined address pools have been fully subnetted" or "Pool overlaps with other one on this address
space", while running containers still work.

Proof: each block of the pools overlaps a network of the engine or a route of the host, for example a VPN's route
0.0.0.0/1.  No flow shows this cause.
Now: remove unused networks (``docker network prune``), name a subnet (``docker network create --subnet``), or stop the
VPN while you create the network.
Lasting: set ``default-address-pools`` with smaller blocks in daemon.json.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way, id_of
from hairpin.causes.states._start_words import Told, after, words_meaning
from hairpin.causes.where import OfNetwork
from hairpin.change.change import Change
from hairpin.engines.docker.address_pools import (
    blocks_of,
    covered_servers,
    networks_in_pools,
    next_block,
    overlapping_routes,
    spare_block,
)
from hairpin.host.docker import Engine
from hairpin.host.engine_health import health
from hairpin.host.host import Host, Namespace
from hairpin.message import Message, message
from hairpin.network.names import resolv_conf_of_engine, servers_of_engine
from hairpin.network.prefix import address_text, prefix_text
from hairpin.network.routing import route_text

_ID = id_of(__name__)
_POOLS = '"default-address-pools": [{"base": "10.200.0.0/16", "size": 24}]'


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each Docker engine whose address pools have no free block, or whose log reports that no
    block is free."""
    said = {each.engine.kind: each for each in words_meaning(host, _ID) if each.container is None}
    for each in health(host):
        engine = each.engine
        if engine.kind != "docker" or host.netns.name not in host:
            continue
        ended = said.get(engine.kind)
        full = next_block(engine, host.namespace(host.netns.name), None) is None
        if ended is not None and each.is_down:
            yield Finding(_candidate(host, engine, ended), "latent", event=after(each))
        elif full and each.answers:
            yield Finding(_candidate(host, engine, None), "advice", line=_line(engine, host.namespace(host.netns.name)))


def _candidate(host: Host, engine: Engine, ended: Told | None) -> Candidate:
    namespace = host.namespace(host.netns.name)
    return Candidate(
        title=_title(host, engine, ended),
        detail=message("dockerd exits at its start, because it finds no subnet for its default network. {used}",
                       used=_covering(host, engine, namespace))
        if ended is not None
        else message("Docker cannot make another network unless you name a subnet for "
                     "it. {used}", used=_used(engine, namespace)),
        change=Change(()),
        where=OfNetwork(option="default-address-pools"),
        in_class="switched-off",
        evidence=tuple(
            dict.fromkeys(
                each
                for each in (
                    *(ended.evidence if ended is not None else (engine.evidence,)),
                    *(one.evidence for one in overlapping_routes(engine, namespace)[:1]),
                )
                if each
            )
        ),
        offered=False,
        goes_first=ended is not None,
        ways=tuple(
            Way(Change(()), (each,), by_person=True)
            for each in (_for_the_start(host, namespace),)
            if ended is not None
        )
        or tuple(
            Way(Change(()), (each,), by_person=True)
            for each in (
                message("remove the networks that nobody uses: `docker network prune`"),
                message("name a subnet that is free: `docker network create --subnet CIDR NAME`"),
                message("give dockerd smaller blocks in {file}: {text}", file="/etc/docker/daemon.json", text=_POOLS),
            )
        ),
    )  # fmt: skip


def _title(host: Host, engine: Engine, ended: Told | None) -> Message:
    servers = covered_servers(engine, servers_of_engine(host)) if ended is not None else ()
    if servers:
        return message(
            "Docker's address pools contain the name server {server}, so dockerd finds no subnet and exits",
            server=address_text(servers[0], 4),
        )
    return message("No subnet is left in the address pools of Docker")


def _covering(host: Host, engine: Engine, namespace: Namespace) -> Message:
    """Return the sentence that tells, for a dockerd that does not start, which routes or name servers of the host are
    in its address pools."""
    servers = covered_servers(engine, servers_of_engine(host))
    if not servers:
        return _used(engine, namespace)
    pools = ", ".join(prefix_text(*each, 4) for each in list(blocks_of(engine))[:3])
    return message(
        "Docker's pools ({pools}) contain the name server {server} of {file}, and dockerd gives out no subnet that "
        "contains a name server.",
        pools=pools,
        file=resolv_conf_of_engine(host),
        server=address_text(servers[0], 4),
    )


def _for_the_start(host: Host, namespace: Namespace) -> Message:
    """Return the advice to give dockerd another pool.

    An unused network cannot be removed while dockerd does not run."""
    base, length = spare_block(namespace, servers_of_engine(host))
    return message(
        "in {file}, give dockerd a pool that contains no name server and no route of this host: "
        '"default-address-pools": [{pool}]; then start dockerd',
        file="/etc/docker/daemon.json",
        pool=f'{{"base": "{prefix_text(base, length, 4)}", "size": 24}}',
    )


def _used(engine: Engine, namespace: Namespace) -> Message:
    """Return the sentences that tell what holds the blocks of the pools, or which block is free now."""
    free = next_block(engine, namespace, None)
    if free is not None:
        return message(
            "Now no network and no route of this host overlaps block {block} of Docker's pools.",
            block=prefix_text(*free, 4),
        )
    blocks, routes = sum(1 for _ in blocks_of(engine)), overlapping_routes(engine, namespace)
    facts = {"blocks": blocks, "networks": len(networks_in_pools(engine))}
    if not routes:
        return message("No block of Docker's pools ({blocks}) is free. Networks in them: {networks}.", **facts)
    return message(
        "No block of Docker's pools ({blocks}) is free. Networks in them: {networks}. Routes of the host, such as "
        "{route}, overlap other blocks.",
        route=route_text(routes[0]),
        **facts,
    )


def _line(engine: Engine, namespace: Namespace) -> Message:
    return message(
        "no subnet is left for another Docker network. {used} `docker network prune` frees subnets of networks that "
        "nobody uses",
        used=_used(engine, namespace),
    )


CAUSE = Cause(
    title=message("The new network gets no subnet"),
    source="moby: libnetwork/ipam/allocator.go allocatePredefinedPool(); docker/for-linux#599, docker/for-linux#418",
    shown_by=(
        "ip route show table all; docker network ls",
        message("existing routes and networks cover all ranges of the address pools"),
    ),
)
