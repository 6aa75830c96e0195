"""What a restart of the program that configures the links does to them, by its files.

``python -m tests.matrix.guests`` holds it against ifupdown, systemd-networkd and NetworkManager on real hosts.
"""

from collections.abc import Mapping

import msgspec
import pytest

from hairpin.change.change import AddEntry, Change, DeleteLink
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import UsageError
from hairpin.events._commands import outcome
from hairpin.events.course import Course
from hairpin.events.happening import asked_course
from hairpin.events.links.managers import with_network_configured
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.host.managers import ConfigFile, ScriptLine, Unit, Version
from hairpin.host.route import PolicyRule, Route
from hairpin.netfilter.address import address_text
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address as address
from hairpin.question.target import parse_event
from hairpin.walk.walk import walk_flow
from tests.small_host import HOST_NETNS, host_namespace, network, published, route

INTERFACES = "/etc/network/interfaces"
STATIC = "auto eth0\niface eth0 inet static\n    address 198.51.100.11/24\n    gateway 198.51.100.1\n"
NETWORK = "/etc/systemd/network/10-eth0.network"
ETH0 = "[Match]\nName=eth0\n[Network]\nAddress=198.51.100.11/24\nGateway=198.51.100.1\n"
UNITS = (Unit("networking.service", "active", "enabled"),)
NETWORKD = (Unit("systemd-networkd.service", "active", "enabled"),)
KERNELS = tuple(PolicyRule(4, number, table=table) for number, table in ((0, 255), (32766, 254), (32767, 253)))
BY_HAND = (
    AddEntry(HOST_NETNS, Address("eth0", 4, address("203.0.113.5")[1], 32)),
    AddEntry(HOST_NETNS, msgspec.structs.replace(route("10.9.0.0/16", "eth0", via="198.51.100.2"), protocol="boot")),
    AddEntry(HOST_NETNS, Route(4, address("10.66.0.0")[1], 16, type="blackhole", protocol="boot")),
    AddEntry(HOST_NETNS, PolicyRule(4, 500, table=100, source=(address("198.51.100.11")[1], 32))),
)
"""What somebody has typed."""


def host(
    files: Mapping[str, str], units: tuple[Unit, ...] = UNITS, *, systemd: str = "systemd 252 (252.38)", **values: str
) -> Network:
    """Return the small host with these files, where somebody has typed something, too."""
    plain = network(host_namespace(policy_rules=KERNELS, values=values))
    kept = tuple(ConfigFile(path, text) for path, text in files.items())
    within = msgspec.structs.replace(plain.this, files=kept, units=units, versions=(Version("systemd", systemd),))
    return simulate(Change(BY_HAND), plain.with_host(within))


def after(within: Network, event: str) -> Course:
    return asked_course(within, parse_event(event))[1]


def addresses(course: Course) -> list[str]:
    return [f"{address_text(each.value, each.version)} {each.link}" for each in course.namespace.addresses]


def ways(course: Course) -> list[Route]:
    return [each for each in course.namespace.routes if each.next_hops and each.next_hops[0].gateway is not None]


def holes(course: Course) -> int:
    return sum(each.type == "blackhole" for each in course.namespace.routes)


def ruled(course: Course) -> list[int]:
    return [each.priority for each in course.namespace.rules]


def test_ifupdown_makes_what_its_files_say_and_nothing_else() -> None:
    course = after(host({INTERFACES: STATIC}), "network-restart")
    assert addresses(course) == ["127.0.0.1 lo", "172.17.0.1 docker0", "198.51.100.11 eth0"]
    assert [(each.prefix_length, each.next_hops[0].onlink) for each in ways(course)] == [(0, True)]
    assert (ruled(course), holes(course)) == ([0, 500, 32766, 32767], 1)
    assert (course.conditions, course.failures, course.missing) == ((), (), ())
    assert walk_flow(course.network, published()).verdict == "delivered"


def test_a_link_that_the_files_do_not_name_is_left_alone() -> None:
    course = after(host({INTERFACES: "auto eth9\niface eth9 inet manual\n"}), "network-restart")
    assert (course.parts, len(course.failures)) == ((), 1)


def test_without_ifupdown_there_is_no_such_event() -> None:
    with pytest.raises(UsageError):
        after(host({INTERFACES: STATIC}, NETWORKD), "network-restart")
    with pytest.raises(UsageError):
        after(host({INTERFACES: "auto lo\niface lo inet loopback\n"}), "network-restart")
    with pytest.raises(UsageError):
        after(host({}, ()), "network-restart")


def test_without_a_gateway_in_the_file_the_way_back_is_lost() -> None:
    within = host({INTERFACES: STATIC.replace("    gateway 198.51.100.1\n", "")})
    course = after(within, "network-restart")
    assert ways(course) == []
    assert walk_flow(course.network, published()).verdict != "delivered"


def test_commands_of_the_file_are_carried_out_again() -> None:
    text = STATIC + (
        "    up ip route add 10.8.0.0/16 via 198.51.100.3 || true\n    up ip rule add from 10.1.2.3 table 7 pref 9\n"
        "    up echo 0 > /proc/sys/net/ipv4/conf/$IFACE/forwarding\n    down ip rule del from 198.51.100.11 table 100\n"
        "    post-up iptables -I FORWARD -i $IFACE -j DROP\n"
    )
    course = after(host({INTERFACES: text}), "network-restart")
    assert [each.prefix_length for each in ways(course)] == [0, 16]
    assert ruled(course) == [0, 9, 32766, 32767]
    assert course.namespace.sysctl("net", "ipv4", "conf", "eth0", "forwarding") == 0
    table = course.namespace.ruleset.table("ip", "filter", "iptables-nft")
    chain = table.chain("FORWARD") if table is not None else None
    assert chain is not None
    assert chain.rules[0].text == "-A FORWARD -i eth0 -j DROP"
    assert walk_flow(course.network, published()).verdict == "dropped"


def test_a_command_that_fails_ends_what_ifupdown_does() -> None:
    text = (
        STATIC
        + "    up ip rule add from 198.51.100.11 table 100 pref 500\n    up ip route add 10.8.0.0/16 via 198.51.100.3\n"
    )
    course = after(host({INTERFACES: text}), "network-restart")
    assert len(ways(course)) == 1
    assert "eth0" in str(course.failures[0])


def test_a_command_that_nobody_foresees_is_a_condition() -> None:
    course = after(host({INTERFACES: STATIC + "    up /usr/local/sbin/fence $IFACE\n"}), "network-restart")
    (said,) = map(str, course.conditions)
    assert "line 5 of /etc/network/interfaces" in said
    assert "/usr/local/sbin/fence" in said


def test_scripts_of_its_folders_are_carried_out_at_each_link() -> None:
    within = host({INTERFACES: STATIC})
    lines = (
        ScriptLine("/etc/network/if-pre-up.d/fence", 2, "iptables -P FORWARD ACCEPT"),
        ScriptLine("/etc/network/if-up.d/fence", 3, "iptables -A FORWARD -j $ODD"),
        ScriptLine("/etc/cron.d/fence", 1, "iptables -A FORWARD -j DROP"),
    )
    course = after(within.with_host(msgspec.structs.replace(within.this, boot_lines=lines)), "network-restart")
    table = course.namespace.ruleset.table("ip", "filter", "iptables-nft")
    assert table is not None
    assert [each.policy for each in table.chains if each.name == "FORWARD"] == ["accept"]
    assert ["/etc/network/if-up.d/fence" in str(each) for each in course.conditions] == [True]


def test_dhcps_addresses_come_again_under_a_condition() -> None:
    within = host({INTERFACES: "auto eth0\niface eth0 inet dhcp\n"})
    own = tuple(
        msgspec.structs.replace(each, dynamic=each.link == "eth0" and each.prefix_length == 24)
        for each in within.this.namespace("host").addresses
    )
    leased = within.with_namespace(HOST_NETNS, msgspec.structs.replace(within.this.namespace("host"), addresses=own))
    course = after(leased, "network-restart")
    assert addresses(course)[-1] == "198.51.100.11 eth0"
    assert [str(each) for each in course.conditions] == ["the network gives eth0 the address 198.51.100.11/24 again"]
    assert len(ways(course)) == 1


@pytest.mark.parametrize(("words", "left"), (("", 1), ("IPv6AcceptRA=no\n", 0)))
def test_a_routers_ipv6_address_is_the_routers(words: str, left: int) -> None:
    given = AddEntry(HOST_NETNS, Address("eth0", 6, address("2001:db8::7")[1], 64, dynamic=True))
    course = after(simulate(Change((given,)), host({NETWORK: ETH0 + words}, NETWORKD)), "networkd-restart")
    assert (addresses(course).count("2001:db8::7 eth0"), len(course.conditions)) == (left, left)


@pytest.mark.parametrize(
    ("files", "units", "event"),
    (
        ({INTERFACES: "auto eth0\niface eth0 inet dhcp\n"}, UNITS, "network-restart"),
        ({NETWORK: "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"}, NETWORKD, "networkd-restart"),
    ),
)
def test_a_lease_without_end_is_one(files: Mapping[str, str], units: tuple[Unit, ...], event: str) -> None:
    plain = network(host_namespace(policy_rules=KERNELS))
    own = plain.this.namespace("host")
    routes = tuple(
        msgspec.structs.replace(each, protocol="dhcp") if not each.prefix_length else each for each in own.routes
    )
    leased = plain.with_namespace(HOST_NETNS, msgspec.structs.replace(own, routes=routes))
    written = tuple(ConfigFile(path, text) for path, text in files.items())
    within = leased.with_host(msgspec.structs.replace(leased.this, files=written, units=units))
    course = after(within, event)
    assert walk_flow(course.network, published()).verdict == "delivered"
    assert "the network gives eth0 the address 198.51.100.11/24 again" in [str(each) for each in course.conditions]


def test_ifupdown2_is_taken_for_ifupdown() -> None:
    within = host({INTERFACES: STATIC})
    newer = msgspec.structs.replace(within.this, versions=(Version("package:ifupdown2", "3.3"),))
    (said,) = after(within.with_host(newer), "network-restart").conditions
    assert "ifupdown2" in str(said)


def test_networkd_removes_what_its_files_do_not_say() -> None:
    course = after(host({NETWORK: ETH0}, NETWORKD), "networkd-restart")
    assert addresses(course) == ["127.0.0.1 lo", "198.51.100.11 eth0", "172.17.0.1 docker0"]
    assert [each.prefix_length for each in ways(course)] == [0]
    assert (ruled(course), holes(course)) == ([0, 32766, 32767], 0)
    assert (course.conditions, walk_flow(course.network, published()).verdict) == ((), "delivered")


@pytest.mark.parametrize(
    ("event", "state"),
    (("networkd-restart", "/run/systemd/netif/links/2"), ("networkmanager-restart", "/run/NetworkManager/devices/2")),
)
def test_where_no_unit_was_read_a_managers_files_show_that_it_runs(event: str, state: str) -> None:
    assert after(host({state: "\n"}, ()), event).missing == ("units",)
    with pytest.raises(UsageError):
        after(host({state: "\n"}, UNITS), event)
    with pytest.raises(UsageError):
        after(host({}, ()), event)


def test_networkd_keeps_what_it_is_told_to_keep() -> None:
    files = {
        NETWORK: f"{ETH0}KeepConfiguration=yes\n",
        "/etc/systemd/networkd.conf": "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n",
    }
    assert after(host(files, NETWORKD), "networkd-restart").parts == ()


def test_a_file_that_matches_veth_pairs_takes_them_off_their_bridge() -> None:
    files = {NETWORK: ETH0, "/etc/systemd/network/90-all.network": "[Match]\nType=ether\n[Network]\nDHCP=no\n"}
    course = after(host(files, NETWORKD), "networkd-restart")
    veth = course.namespace.link("veth1")
    assert veth is not None
    assert veth.master is None
    assert walk_flow(course.network, published()).verdict != "delivered"
    kept = files | {"/etc/systemd/network/90-all.network": "[Match]\nType=ether\n[Link]\nUnmanaged=yes\n[Network]\n"}
    assert walk_flow(after(host(kept, NETWORKD), "networkd-restart").network, published()).verdict == "delivered"


def test_a_link_that_is_to_stay_down_goes_down() -> None:
    for policy, up in (("always-down", False), ("manual", True), ("up", True)):
        course = after(host({NETWORK: f"{ETH0}[Link]\nActivationPolicy={policy}\n"}, NETWORKD), "networkd-restart")
        eth0 = course.namespace.link("eth0")
        assert eth0 is not None
        assert (eth0.up, len(ways(course)), course.failures) == (up, int(up), ())


def test_a_file_that_matches_everything_takes_the_bridges_address() -> None:
    files = {NETWORK: ETH0, "/etc/systemd/network/90-all.network": "[Match]\nName=*\n[Network]\nDHCP=ipv4\n"}
    course = after(host(files, NETWORKD), "networkd-restart")
    assert addresses(course) == ["127.0.0.1 lo", "198.51.100.11 eth0"]
    assert course.conditions == ()


def test_forwarding_of_one_link_is_networkds_since_256() -> None:
    files = {NETWORK: f"{ETH0}IPForward=no\nIPv4Forwarding=no\n"}
    old = after(host(files, NETWORKD), "networkd-restart")
    new = after(host(files, NETWORKD, systemd="systemd 257 (257.7-1)"), "networkd-restart")
    assert [walk_flow(each.network, published()).verdict for each in (old, new)] == ["delivered", "dropped"]


@pytest.mark.parametrize(
    "line",
    (
        "for each in a b; do ip link; done", "ip route add 10.0.0.0/8 via $GATEWAY", "ip tunnel add x",
        "brctl addbr br0", "ip route | grep x",
        "ip route add default nexthop via 10.0.0.1", "# not collected",
        "ip link set eth0 master br0",
    ),
)  # fmt: skip
def test_what_a_shell_does_besides_is_not_foreseen(line: str) -> None:
    assert outcome(Course(network(), "test"), line, "test") is None


def test_plain_commands_are_carried_out() -> None:
    course = Course(host({}), "test")
    for line in (
        "ip addr add 10.0.0.1/24 broadcast + dev eth0", "ip -6 addr add 2001:db8::5/64 dev eth0 2>/dev/null",
        "ip route replace default via 10.0.0.9 dev eth0; ip ro del 10.9.0.0/16", "ip link set dev eth0 mtu 1400 up",
        "ip ru add fwmark 7 lookup 8 && sysctl -qw net.ipv4.conf.eth0.forwarding=0",
        "ip addr del 203.0.113.5/32 dev eth0",
        "ip rule del from 198.51.100.11 table 100 prio 500", "ip link show eth7 || ethtool -K eth0 gro off",
        "ip route flush cache",
        "/sbin/iptables -w -t nat -A POSTROUTING -s 10.0.3.0/24 -j MASQUERADE", "ip route add 10.7.0.0/16 dev eth0",
    ):  # fmt: skip
        done = outcome(course, line, "test")
        assert done is not None, line
        course = done.course
    assert addresses(course)[2:] == ["172.17.0.1 docker0", "10.0.0.1 eth0", "2001:db8::5 eth0"]
    assert [(each.prefix_length, address_text(each.next_hops[0].gateway or 0, 4)) for each in ways(course)] == [
        (0, "10.0.0.9")
    ]
    assert ruled(course) == [0, 499, 32766, 32767]
    eth0 = course.namespace.link("eth0")
    assert eth0 is not None
    assert eth0.mtu_bytes == 1400
    assert course.namespace.sysctl("net", "ipv4", "conf", "eth0", "forwarding") == 0


@pytest.mark.parametrize(
    "line",
    (
        "ip route add default via 198.51.100.9", "ip route del 10.5.0.0/16", "ip rule del from 10.0.0.1 table 9",
        "ip addr add 198.51.100.11/24 dev eth0", "ip route add 10.5.0.0/16 via 10.4.4.4", "ip link set eth7 up",
        "iptables -D FORWARD -s 10.0.0.1 -j DROP", "ip addr del 10.0.0.1/24 dev eth0",
    ),
)  # fmt: skip
def test_commands_fail_as_they_do_on_the_host(line: str) -> None:
    course = Course(host({}), "test")
    failed, tolerated = (outcome(course, each, "test") for each in (line, f"{line} || true"))
    assert failed is not None
    assert tolerated is not None
    assert (failed.course.parts, failed.succeeds, tolerated.succeeds) == ((), False, True)


def test_an_old_networkd_replaces_its_own_addresses() -> None:
    kept = {NETWORK: ETH0, "/etc/systemd/networkd.conf": "[Network]\nManageForeignRoutes=no\n"}
    for systemd, ways_left in (("systemd 252 (252.38)", [0]), ("systemd 257 (257.7)", [0, 16])):
        within = host(kept, NETWORKD, systemd=systemd)
        before = within.this.namespace("host")
        own = tuple(
            msgspec.structs.replace(each, broadcast=address("198.51.100.255")[1]) if each.link == "eth0" else each
            for each in before.addresses
        )
        leading = within.with_namespace(HOST_NETNS, msgspec.structs.replace(before, addresses=own))
        course = after(leading, "networkd-restart")
        assert [each.prefix_length for each in ways(course)] == ways_left
        assert "198.51.100.11 eth0" in addresses(course)


IFCFG = "/etc/sysconfig/network-scripts/ifcfg-eth0"
SCRIPTS = (Unit("network.service", "active", "enabled"),)
OF_IFCFG = "IPADDR=198.51.100.11\nPREFIX=24\nGATEWAY=198.51.100.1\n"


def test_rhels_scripts_switch_forwarding_off_unless_a_file_says_1() -> None:
    course = after(host({IFCFG: OF_IFCFG}, SCRIPTS), "network-restart")
    assert [each.prefix_length for each in ways(course)] == [0]
    assert course.namespace.sysctl("net", "ipv4", "conf", "docker0", "forwarding") == 0
    assert walk_flow(course.network, published()).verdict == "dropped"
    files = {IFCFG: OF_IFCFG, "/etc/sysctl.conf": "net.ipv4.ip_forward = 1\n"}
    assert walk_flow(after(host(files, SCRIPTS), "network-restart").network, published()).verdict == "delivered"


def test_rhels_scripts_carry_out_the_lines_of_route_and_rule_files() -> None:
    files = {
        IFCFG: OF_IFCFG, IFCFG.replace("ifcfg", "route"): "10.8.0.0/16 via 198.51.100.3\n",
        IFCFG.replace("ifcfg", "rule"): "from 198.51.100.11 table 100 priority 500\n",
        IFCFG.replace("eth0", "eth7"): "IPADDR=10.0.0.1\n",
    }  # fmt: skip
    course = after(host(files, SCRIPTS), "network-restart")
    assert [each.prefix_length for each in ways(course)] == [0, 16]
    assert ruled(course) == [0, 500, 32766, 32767]
    assert "eth7" in str(course.failures[0])


KEYFILE = "/etc/NetworkManager/system-connections/a"
MANAGER = (Unit("NetworkManager.service", "active", "enabled"),)
PROFILE = (
    "[connection]\ninterface-name=eth0\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=198.51.100.11/24,198.51.100.1\n"
)


def test_networkmanager_keeps_what_is_there_and_knows_its_routes_by_any_metric() -> None:
    within = host({KEYFILE: PROFILE}, MANAGER)
    own = within.this.namespace("host")
    routes = tuple(
        msgspec.structs.replace(each, metric=101) if each.table == 254 and each.next_hops else each
        for each in own.routes
    )
    second = within.with_namespace(HOST_NETNS, msgspec.structs.replace(own, routes=routes))
    course = after(second, "networkmanager-restart")
    assert (course.parts, course.conditions) == ((), ())
    missing = [each for each in routes if each.prefix_length or each.table != 254]
    lost = within.with_namespace(HOST_NETNS, msgspec.structs.replace(own, routes=tuple(missing)))
    assert [each.metric for each in ways(after(lost, "networkmanager-restart")) if not each.prefix_length] == [100]


def bare(within: Network) -> Course:
    """Return the course in which eth0 is as after power on: down, without addresses and routes."""
    own = within.this.namespace("host")
    down = tuple(msgspec.structs.replace(each, up=False) if each.name == "eth0" else each for each in own.links)
    own = msgspec.structs.replace(
        own, links=down, addresses=tuple(each for each in own.addresses if each.link != "eth0"),
        routes=tuple(each for each in own.routes if not any(hop.link == "eth0" for hop in each.next_hops)),
        rules=KERNELS,
    )  # fmt: skip
    return Course(within.with_namespace(HOST_NETNS, own), "test")


@pytest.mark.parametrize(
    ("files", "units"),
    (
        ({INTERFACES: STATIC}, UNITS), ({INTERFACES: STATIC.replace("auto", "allow-hotplug")}, ()),
        ({NETWORK: ETH0}, NETWORKD), ({IFCFG: OF_IFCFG}, SCRIPTS), ({KEYFILE: PROFILE}, MANAGER),
        ({IFCFG: OF_IFCFG}, MANAGER),
    ),
    ids=("ifupdown", "hotplug", "networkd", "ifcfg", "NetworkManager", "NetworkManager with ifcfg"),
)  # fmt: skip
def test_bare_links_are_configured_by_whichever_manager_starts(
    files: Mapping[str, str], units: tuple[Unit, ...]
) -> None:
    within = host(files, units)
    course = with_network_configured(bare(within), within.this.namespace("host"))
    assert addresses(course)[-1] == "198.51.100.11 eth0"
    assert [each.prefix_length for each in ways(course)] == [0]
    assert walk_flow(course.network, published()).verdict == "delivered"


def test_a_manager_that_does_not_start_configures_nothing() -> None:
    for files, units in (({NETWORK: ETH0}, UNITS), ({INTERFACES: STATIC}, NETWORKD), ({KEYFILE: PROFILE}, UNITS),
                         ({IFCFG: f"{OF_IFCFG}NM_CONTROLLED=no\n"}, MANAGER)):  # fmt: skip
        within = host(files, units)
        assert with_network_configured(bare(within), within.this.namespace("host")).parts == ()


BRIDGED = {
    "/etc/systemd/network/1-br0.netdev": "[NetDev]\nName=br0\nKind=bridge\n",
    "/etc/systemd/network/2-br0.network": ETH0.replace("eth0", "br0"),
    "/etc/systemd/network/3-eth0.network": "[Match]\nName=eth0\n[Network]\nBridge=br0\n",
}
OF_BRIDGE = "auto br0\niface br0 inet static\n  bridge_ports eth0\n  address 198.51.100.11/24\n  gateway 198.51.100.1\n"


@pytest.mark.parametrize(("files", "units"), ((BRIDGED, NETWORKD), ({INTERFACES: OF_BRIDGE}, UNITS)))
def test_a_bridge_of_the_files_is_made_with_its_ports(files: Mapping[str, str], units: tuple[Unit, ...]) -> None:
    within = host(files, units)
    course = with_network_configured(bare(within), bridged())
    eth0, br0 = (course.namespace.link(name) for name in ("eth0", "br0"))
    assert eth0 is not None
    assert br0 is not None
    assert (eth0.master, eth0.up, br0.up, br0.carrier) == ("br0", True, True, True)
    assert addresses(course)[-1] == "198.51.100.11 br0"
    assert [each.next_hops[0].link for each in ways(course)] == ["br0"]


def test_ifupdown_takes_its_bridge_down_and_makes_it_again() -> None:
    course = with_network_configured(bare(host({INTERFACES: OF_BRIDGE}, UNITS)), bridged())
    again = after(course.network, "network-restart")
    assert (again.namespace.links, addresses(again)) == (course.namespace.links, addresses(course))
    assert any(isinstance(each, DeleteLink) for each in again.parts)


def bridged() -> Namespace:
    own = host({}).this.namespace("host")
    return msgspec.structs.replace(own, links=(*own.links, Link(20, "br0", "bridge", bridge=BridgeInfo())))
