"""Names that a container's own file leads to an address."""

import pytest
from msgspec.structs import replace

from hairpin.host.docker import Container, PinnedName
from hairpin.network.network import Network
from hairpin.network.pinned_names import (
    Pin,
    addresses_on,
    beside_the_named,
    holder_of_pin,
    misleading,
    misled_by,
    pinned_addresses,
    pins_of,
)
from hairpin.network.prefix import parse_address
from tests.names_host import pinning, to_pin, written

STALE, HERS, HIS, GATEWAY = (
    parse_address(each)[1] for each in ("172.18.0.9", "172.18.0.3", "172.17.0.2", "172.17.0.1")
)


def pins(network: Network) -> tuple[Pin, ...]:
    web = network.this.container("web")
    assert web is not None
    return pins_of(network.this, web)


def test_an_address_is_as_it_was_typed() -> None:
    assert pins(pinning()) == (Pin("api", 4, STALE),)
    web = pinning().this.container("web")
    assert web is not None
    assert pinned_addresses(pinning().this, web, "api") == (Pin("api", 4, STALE),)
    assert pinned_addresses(pinning().this, web, "db") == ()


def test_the_host_gateway_is_the_default_bridges_or_the_daemons_option() -> None:
    assert pins(pinning("host-gateway", "host.docker.internal")) == (Pin("host.docker.internal", 4, GATEWAY),)
    told = pinning("host-gateway", "host.docker.internal", host_gateway=STALE)
    assert pins(told) == (Pin("host.docker.internal", 4, STALE),)


def test_the_file_as_it_is_comes_before_the_options() -> None:
    assert pins(written()) == (Pin("api", 4, STALE, "file"),)
    assert pins(written(linked=("api",))) == (Pin("api", 4, STALE, "link"),)
    emptied = pinning().this.container("web")
    assert emptied is not None
    assert pins_of(pinning().this, replace(emptied, hosts_entries=())) == ()


def test_an_own_address_counts_for_another_containers_name_only() -> None:
    own = addresses_on(pinning().this, _web(pinning()), 4)[0]
    for name, expected in (("api", (Pin("api", 4, own, "hostname"),)), ("web", ()), ("nobody", ())):
        entries = (PinnedName(name, 4, own),)
        assert pins_of(pinning().this, replace(_web(pinning()), hosts_entries=entries)) == expected


def _web(network: Network) -> Container:
    web = network.this.container("web")
    assert web is not None
    return web


def test_podman_gives_each_container_its_hosts_name() -> None:
    of = pinning(kind="podman")
    host = of.this
    (engine,) = host.engines
    ends = tuple(
        replace(each, endpoints=tuple(replace(end, gateway4=GATEWAY) for end in each.endpoints))
        for each in engine.containers
    )
    for rootless, count in ((False, 3), (True, 1)):
        podman = replace(engine, containers=ends, rootless=rootless)
        found = replace(of, hosts=(replace(host, engines=(podman,)),))
        assert len(pins(found)) == count


# the host, and the address of the thing that has the name; None: the pin is right, or nobody can tell
MISLED: dict[str, tuple[Network, int | None]] = {
    "another address": (pinning(), HERS),
    "its address": (pinning("172.18.0.3"), None),
    "no container has the name": (pinning(name="db"), None),
    "its own name": (pinning(name="web"), None),
}


@pytest.mark.parametrize(("network", "right"), MISLED.values(), ids=MISLED)
def test_a_pin_that_leads_past_the_thing_of_its_name(network: Network, right: int | None) -> None:
    web = network.this.container("web")
    assert web is not None
    assert [each.right for each in misled_by(network, network.this, web)] == ([] if right is None else [right])
    found = misleading(network, to_pin())
    assert (found.right if found is not None else None) == right


@pytest.mark.parametrize(("shares", "count"), ((True, 0), (False, 1)))
def test_the_names_of_a_shared_network_mislead_none_of_its_containers(shares: bool, count: int) -> None:
    """Podman writes the names of the pod's containers into the pod's file.  Its line for the infra container stays
    there, with the former address, until the pod's containers start again."""
    within = written()
    host = within.this
    (engine,) = host.engines
    web, api = (next(each for each in engine.containers if each.name == name) for name in ("web", "api"))
    if shares:
        web = replace(web, network_mode=f"container:{api.id}", endpoints=())
    host = host.with_container(web)
    assert "api" in [each.name for each in pins_of(host, web)]
    assert len([*misled_by(replace(within, hosts=(host,)), host, web)]) == count


def test_a_name_may_be_of_a_container_that_shares_the_network_of_another() -> None:
    within = pinning()
    host = within.this
    api = host.container("api")
    assert api is not None
    side = replace(api, id="d" * 64, name="side", network_mode=f"container:{api.id}", endpoints=(), bindings=())
    engine = host.engines[0]
    host = host.with_engine(replace(engine, containers=(*engine.containers, side)))
    web = replace(_web(within), pinned=(PinnedName("side", 4, STALE),))
    (found,) = misled_by(replace(within, hosts=(host,)), host.with_container(web), web)
    assert (found.named, found.right) == (side, HERS)


def test_what_has_the_pinned_address() -> None:
    host = pinning("172.17.0.2").this
    other = holder_of_pin(host, Pin("api", 4, HERS))
    assert other is not None
    assert other.name == "api"
    assert addresses_on(host, other, 4) == (HERS,)
    assert holder_of_pin(host, Pin("api", 4, STALE)) is None


def test_the_sentence_names_both() -> None:
    network = pinning("172.17.0.2")
    found = misleading(network, to_pin("172.17.0.2"))
    assert found is not None
    assert str(beside_the_named(network.this, found)) == (
        "in web, the entry --add-host gives api the address 172.17.0.2, which belongs to web. Container api has "
        "172.18.0.3"
    )


def test_a_name_is_kept_as_read() -> None:
    assert PinnedName("api").address is None
