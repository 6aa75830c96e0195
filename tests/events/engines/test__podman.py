"""netavark makes the subnets of a network sources of a zone of firewalld at each start of a container, and takes them
out with the network's last container.  As Podman 5.4.2 and firewalld 2.3.1 have done it."""

import msgspec
import pytest

from hairpin.events.happening import asked_course
from hairpin.host.managers import Unit
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.firewalld_host import with_running_firewalld
from tests.podman_host import with_podman

SUBNET = "172.17.0.0/16"
RELOADS = "netavark-firewalld-reload.service"


def host(firewalld: str = "2.3.1-1", **engine: str) -> Network:
    """Return the host with Podman, whose networks firewalld has lost: it has been started since."""
    own = {"/etc/firewalld/zones/netavark_zone.xml": "<zone/>"}
    within = with_running_firewalld(own, version=firewalld, within=with_podman(policy="always"))
    this = within.this
    engines = tuple(msgspec.structs.replace(each, **engine) for each in this.engines)
    units = (Unit("podman-restart.service", "active", "enabled"), Unit("firewalld.service", "active", "enabled"))
    return within.with_host(msgspec.structs.replace(this, engines=engines, units=units))


def after(within: Network, *events: str) -> Network:
    for each in events:
        within = asked_course(within, parse_event(each))[1].network
    return within


def sources(within: Network, zone: str = "trusted") -> tuple[str, ...]:
    """Return the zone's sources, which its rules have to show as well."""
    firewalld = within.this.firewalld
    assert firewalld is not None
    listed = next((each.sources for each in firewalld.runtime if each.name == zone), ())
    table = within.this.namespace("host").ruleset.table("inet", "firewalld")
    assert table is not None
    texts = [rule.text for chain in table.chains for rule in chain.rules]
    assert any(f"saddr {SUBNET}" in each and f"_{zone}" in each for each in texts) is (SUBNET in listed)
    return listed


@pytest.mark.parametrize("version", ("1.3.3-1", "2.3.1-1", "2.5.2-1"))
def test_a_start_makes_the_subnet_a_source_and_the_last_stop_takes_it_out(version: str) -> None:
    before = host(version)
    assert sources(before) == ()
    restarted = after(before, "container-restart")
    assert sources(restarted) == (SUBNET,)
    assert sources(after(restarted, "container-restart")) == (SUBNET,)
    assert sources(after(restarted, "container-stop")) == ()


def test_a_reload_forgets_the_source_and_a_boot_brings_it_back() -> None:
    reloaded = after(host(), "container-restart", "firewalld-reload")
    assert sources(reloaded) == ()
    assert sources(after(reloaded, "reboot")) == (SUBNET,)


def test_netavarks_unit_brings_it_back_at_once() -> None:
    within = host()
    this = msgspec.structs.replace(within.this, units=(*within.this.units, Unit(RELOADS, "active", "enabled")))
    assert sources(after(within.with_host(this), "firewalld-reload")) == (SUBNET,)


@pytest.mark.parametrize(("driver", "trusted", "own"), (
    ("nftables", (SUBNET,), ()), ("firewalld", (), (SUBNET,)), ("none", (), ()),
))  # fmt: skip
def test_each_driver_has_its_zone(driver: str, trusted: tuple[str, ...], own: tuple[str, ...]) -> None:
    made = after(host(version="5.4.2", network_version="1.8.0", firewall_backend=driver), "container-restart")
    assert sources(made) == trusted
    assert sources(made, "netavark_zone") == own


def test_an_internal_network_is_in_no_zone() -> None:
    within = host()
    (engine,) = within.this.engines
    internal = tuple(msgspec.structs.replace(each, internal=True) for each in engine.networks)
    this = msgspec.structs.replace(within.this, engines=(msgspec.structs.replace(engine, networks=internal),))
    assert sources(after(within.with_host(this), "container-restart")) == ()
