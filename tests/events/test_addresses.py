"""Events that take addresses, routes and names of links: leases, router advertisements, a new card."""

import msgspec
import pytest

from hairpin.errors import UsageError
from hairpin.events.course import Course
from hairpin.events.happening import asked_course
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile, Unit
from hairpin.host.route import NextHop, Route
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.small_host import HOST_ADDRESS, host_namespace, network, number

PREFIX = number("2001:db8:7::")
ROUTER = number("fe80::1")
EUI = Address("eth0", 6, PREFIX + 0x11, 64, dynamic=True)
BY_HAND = Address("eth0", 6, PREFIX + 0x22, 64)
DEFAULT = Route(6, 0, 0, next_hops=(NextHop("eth0", ROUTER),), protocol="ra", metric=1024)
KERNELS = Route(6, PREFIX, 64, next_hops=(NextHop("eth0"),), protocol="kernel", metric=256)
NETWORKD = Unit("systemd-networkd.service", "active", "enabled")


def advertised(accept: str = "1", forwarding: str = "1", **values: object) -> Network:
    """Return the host on which a router advertisement has brought an address and the default route."""
    sysctls = {("net", "ipv6", "conf", "eth0", "accept_ra"): accept,
               ("net", "ipv6", "conf", "eth0", "forwarding"): forwarding}  # fmt: skip
    own = host_namespace()
    namespace = msgspec.structs.replace(
        own,
        addresses=(*own.addresses, EUI, BY_HAND),
        routes=(*own.routes, DEFAULT, KERNELS),
        sysctls=msgspec.structs.replace(own.sysctls, values={**own.sysctls.values, **sysctls}),
    )
    return with_host(network(namespace), **values)


def with_host(within: Network, **values: object) -> Network:
    """Return the network whose host has these values, too."""
    return within.with_host(msgspec.structs.replace(within.this, **values))


def after(within: Network, event: str) -> Course:
    """Return the event's course."""
    return asked_course(within, parse_event(event))[1]


def of_eth0(namespace: Namespace, version: int) -> list[int]:
    """Return the addresses of eth0."""
    return [each.value for each in namespace.addresses if (each.link, each.version) == ("eth0", version)]


def test_a_host_that_forwards_loses_what_advertisements_brought() -> None:
    course = after(advertised(), "router-advertisement-expired")
    assert DEFAULT not in course.namespace.routes
    assert of_eth0(course.namespace, 6) == [BY_HAND.value], "what somebody has added has no end"
    assert not course.conditions


@pytest.mark.parametrize(("accept", "forwarding"), (("2", "1"), ("1", "0"), ("2", "0")))
def test_a_link_that_takes_advertisements_loses_nothing(accept: str, forwarding: str) -> None:
    with pytest.raises(UsageError):
        after(advertised(accept, forwarding), "router-advertisement-expired")


def test_a_link_that_takes_none_by_accept_ra() -> None:
    assert DEFAULT not in after(advertised("0", "0"), "router-advertisement-expired").namespace.routes


def test_a_manager_may_take_them_in_the_kernels_place() -> None:
    course = after(advertised(units=(NETWORKD,)), "router-advertisement-expired")
    assert [str(each) for each in course.conditions] == [
        "the kernel, not systemd-networkd, processes router advertisements"
    ]


def leased() -> Network:
    """Return the host whose eth0 has its address from a DHCP server."""
    own = host_namespace()
    leases = (msgspec.structs.replace(each, dynamic=each.link == "eth0") for each in own.addresses)
    return network(msgspec.structs.replace(own, addresses=tuple(leases)))


def test_another_lease_keeps_the_routes_and_leaves_the_old_address() -> None:
    before, course = leased(), after(leased(), "dhcp-new-address")
    (new,) = of_eth0(course.namespace, 4)
    assert new != HOST_ADDRESS
    assert all(hop.gateway != new for each in course.namespace.routes for hop in each.next_hops)
    defaults = [each for each in course.namespace.routes if not each.prefix_length]
    assert defaults == [each for each in before.this.namespace("host").routes if not each.prefix_length]
    assert "198.51.100.11" in str(course.conditions[0])


def test_a_network_of_one_address_has_no_other() -> None:
    within = leased()
    namespace = within.this.namespace("host")
    alone = (msgspec.structs.replace(each, prefix_length=32) if each.dynamic else each for each in namespace.addresses)
    within = within.with_namespace(within.this.netns, msgspec.structs.replace(namespace, addresses=tuple(alone)))
    course = after(within, "dhcp-new-address")
    assert of_eth0(course.namespace, 4) == [HOST_ADDRESS]
    assert "keeps its address" in str(course.conditions[0])


def test_a_new_card_is_not_the_link_that_files_name() -> None:
    sysctl = ConfigFile("/etc/sysctl.d/9.conf", "net.ipv4.conf.eth0.forwarding = 1\n")
    file = ConfigFile("/etc/network/interfaces", "iface eth0 inet static\n  address 198.51.100.11/24\n")
    course = after(with_host(network(), files=(sysctl, file)), "nic-replaced")
    assert course.namespace.link("eth0") is None
    assert course.namespace.link("newnic0") is not None
    assert not any(each.link == "newnic0" and each.version == 4 for each in course.namespace.addresses)
    assert course.namespace.sysctls.text("net", "ipv4", "conf", "eth0", "forwarding") is None


def test_a_card_that_no_file_names_is_configured_as_before() -> None:
    course = after(network(), "nic-replaced:eth0")
    assert [each.value for each in course.namespace.addresses if each.link == "newnic0"] == [HOST_ADDRESS]
    assert any("the program that configures eth0" in str(each) for each in course.conditions)
