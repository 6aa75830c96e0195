"""The small host whose container is of a Compose project: its network's bridge has the name that dockerd made of the
network's id, and gets another one at each ``compose up``."""

from msgspec.structs import replace

from hairpin.host.link import Address, Link
from hairpin.host.route import NextHop, Route
from hairpin.network.network import Network
from tests.small_host import DOCKER_RULES, container, engine, host_namespace, network, sysctls

ID = "a1b2c3d4e5f6" + "0" * 52
BRIDGE = f"br-{ID[:12]}"


def of_compose(rules: str = DOCKER_RULES) -> Network:
    """Return the host; ``rules`` name docker0."""
    host = host_namespace(rules.replace("docker0", BRIDGE))
    values = {key[2:]: value for key, value in host.sysctls.values.items()}
    host = replace(
        host,
        links=tuple(map(_link, host.links)),
        addresses=tuple(map(_address, host.addresses)),
        routes=tuple(map(_route, host.routes)),
        sysctls=sysctls(**{"__".join(key).replace("docker0", BRIDGE): value for key, value in values.items()}),
    )
    web = container()
    ends = tuple(replace(each, network="shop_default", network_id=ID) for each in web.endpoints)
    web = replace(web, endpoints=ends, network_mode="shop_default", project="shop", service="web")
    docker = engine(web)
    own = tuple(
        replace(each, id=ID, name="shop_default", bridge=BRIDGE, project="shop") if each.bridge == "docker0" else each
        for each in docker.networks
    )
    return network(host, docker=replace(docker, networks=own))


def _named(name: str | None) -> str | None:
    return BRIDGE if name == "docker0" else name


def _link(each: Link) -> Link:
    return replace(each, name=_named(each.name), master=_named(each.master))


def _address(each: Address) -> Address:
    return replace(each, link=_named(each.link))


def _route(each: Route) -> Route:
    hops = tuple(NextHop(_named(hop.link), hop.gateway, hop.gateway_version) for hop in each.next_hops)
    return replace(each, next_hops=hops)
