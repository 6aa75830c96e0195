"""Which values under /proc/sys are written, and when."""

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.sysctl import Sysctls
from hairpin.network.flow import Flow, Outside, Protocol
from hairpin.replica.plan.blueprint import SysctlValue
from hairpin.replica.plan.sysctls import before_links, of_links, reserved_ports
from tests import collector
from tests.fidelity.coverage import modelled
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, container_namespace, host_namespace, network, sibling


def written(host: Namespace) -> tuple[SysctlValue, ...]:
    return before_links(network(host), HOST_NETNS)


def test_ip_forward_is_written_before_the_keys_that_it_overwrites() -> None:
    paths = [each.path for each in written(host_namespace(values={"conf__default__rp_filter": "2"}))]
    assert paths.index("net/ipv4/ip_forward") < paths.index("net/ipv4/conf/default/rp_filter")


def test_a_missing_value_is_the_kernels_default() -> None:
    """A new namespace copies this machine's own values."""
    values = {each.path: each.value for each in written(host_namespace())}
    assert values["net/ipv4/conf/all/rp_filter"] == "0"
    assert values["net/ipv4/conf/all/forwarding"] == "1"


# protocol and source port of each flow, what is reserved
RESERVED: dict[str, tuple[tuple[tuple[Protocol, int], ...], str]] = {
    "a flow and its second try": ((("tcp", 40000),), "40000-40001"),
    "neighbours are one range": ((("tcp", 40000), ("udp", 40002), ("tcp", 40001)), "40000-40003"),
    "nothing between flows far apart": ((("tcp", 1024), ("tcp", 60000)), "1024-1025,60000-60001"),
    "the last port": ((("tcp", 65535),), "65535-65535"),
    "ICMP has no ports": ((("icmp", 40000),), ""),
}


@each_row(("flows", "value"), RESERVED.values(), ids=RESERVED)
def test_the_flows_ports_are_nobody_elses(flows: tuple[tuple[Protocol, int], ...], value: str) -> None:
    asked = tuple(Flow(Outside(CLIENT), 4, HOST_ADDRESS, protocol, 80, sport) for protocol, sport in flows)
    assert reserved_ports(asked) == SysctlValue("net/ipv4/ip_local_reserved_ports", value)


def test_no_icmp_error_has_a_rate() -> None:
    """What has one is taken off what its receiver may be told for want of a route, too."""
    values = {each.path: each.value for each in written(host_namespace(values={"icmp_ratemask": "6168"}))}
    assert values["net/ipv4/icmp_ratemask"] == "0"
    assert "net/ipv4/icmp_ratelimit" not in values


def test_a_value_of_0_that_cannot_be_set_does_not_matter() -> None:
    """A machine without br_netfilter has no such values, and bridged frames meet no rule there."""
    path = ("net", "bridge", "bridge-nf-call-iptables")
    for value in ("0", "1"):
        usual = host_namespace()
        host = msgspec.structs.replace(usual, sysctls=usual.sysctls.with_value(path, value))
        (found,) = (each for each in written(host) if each.path == "/".join(path))
        assert found.matters == (value == "1")


def test_without_br_netfilter_bridged_frames_meet_no_rule() -> None:
    values = {each.path: each.value for each in written(host_namespace())}
    assert values["net/bridge/bridge-nf-call-iptables"] == "0"


# kernel, what a container's namespace gets where the host has br_netfilter on
BRIDGE_NF = {"4.18.0-240.el8.x86_64": "1", "5.4.0-150-generic": "0", "": "0"}


@pytest.mark.parametrize(("kernel", "value"), BRIDGE_NF.items())
def test_on_old_kernels_the_hosts_br_netfilter_is_everybodys(kernel: str, value: str) -> None:
    path = ("net", "bridge", "bridge-nf-call-iptables")
    host = msgspec.structs.replace(host_namespace(), sysctls=host_namespace().sysctls.with_value(path, "1"))
    inner = msgspec.structs.replace(container_namespace(), kernel=kernel)
    values = {each.path: each.value for each in before_links(network(host, inner), sibling(inner.name))}
    assert values["/".join(path)] == value


def test_only_values_that_differ_from_a_new_links_are_set() -> None:
    host = host_namespace(
        values={"conf__default__forwarding": "1", "conf__eth0__forwarding": "0", "conf__eth0__mc_forwarding": "1"}
    )
    assert [(each.path, each.value) for each in of_links(host)] == [("net/ipv4/conf/eth0/forwarding", "0")]


def test_a_deleted_link_has_no_values() -> None:
    host = host_namespace(values={"conf__eth0__forwarding": "0"})
    assert of_links(msgspec.structs.replace(host, links=(Link(1, "lo"),))) == ()


NOT_OF_A_REPLICA = {"net.ipv6.conf.*.use_tempaddr": "the replica gives each link its addresses itself"}


def test_each_sysctl_that_the_walk_asks_is_collected_and_set() -> None:
    asked = sorted({each.name for each in modelled.sysctls() if ".conf.*." in each.name})
    assert asked
    for name in asked:
        _, family, _, _, key = name.split(".")
        collected = " ".join(map(collector.variable, ("CONF_KEYS", f"CONF_KEYS{family[-1]}"))).split()
        assert key in collected, f"{name}: collect/collect.sh: CONF_KEYS"
        path = ("net", family, "conf", "all", key)
        held = msgspec.structs.replace(host_namespace(), sysctls=Sysctls({path: "1"}))
        is_set = "/".join(path) in {each.path for each in written(held)}
        assert is_set is (name not in NOT_OF_A_REPLICA), f"{name}: replica/plan/sysctls.py: _DECISIVE or _FURTHER"
