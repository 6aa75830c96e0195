"""What firewalld's events do to its host's rules.

``python -m tests.matrix --host firewalld --event firewalld-reload …`` holds it against the real firewalld.
"""

from typing import Any

import msgspec
import pytest

from hairpin.change.change import InsertRule, ReplaceTable
from hairpin.errors import UsageError
from hairpin.events.course import Course
from hairpin.events.firewalls._firewalld import with_firewalld_started, with_firewalld_stopped
from hairpin.events.firewalls._zones import with_links_bound
from hairpin.events.happening import asked_course
from hairpin.host.managers import Unit
from hairpin.netfilter.ir import Rule, Ruleset, Verdict
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.firewalld_host import PUBLIC, with_firewalld
from tests.small_host import HOST_NETNS, host_namespace, network

DOCKER_ZONE = {"/etc/firewalld/zones/docker.xml": '<zone target="ACCEPT"><forward/></zone>'}
DROP = Rule((Verdict("drop"),), "-A INPUT -j DROP", 1)


def after(within: Network, event: str) -> Course:
    return asked_course(within, parse_event(event))[1]


def running(own: dict[str, str] | None = None, bound: str = "", **values: Any) -> Network:
    """Return the host on which firewalld runs with these files; ``bound``: the link that dockerd has bound."""
    within = with_firewalld(own, **values)
    start = with_firewalld_started(Course(within, "test"), within.this)
    return (with_links_bound(start, "docker", (bound,)) if bound else start).network


def nft_rules(course: Course, chain: str) -> list[str]:
    table = course.namespace.ruleset.table("inet", "firewalld")
    assert table is not None
    found = table.chain(chain)
    assert found is not None
    return [rule.text for rule in found.rules]


def ip_rules(course: Course, chain: str, table: str = "filter") -> list[str]:
    found = course.namespace.ruleset.table("ip", table, "iptables-nft")
    assert found is not None
    one = found.chain(chain)
    return [rule.text for rule in one.rules] if one is not None else []


def test_a_start_makes_the_table_and_flushes_iptables() -> None:
    course = after(with_firewalld({PUBLIC: '<zone><port port="8151" protocol="tcp"/></zone>'}), "firewalld-start")
    assert nft_rules(course, "filter_IN_public_allow") == ["tcp dport 8151 accept"]
    assert ip_rules(course, "FORWARD") == []
    assert ip_rules(course, "DOCKER", "nat") == []
    forward = course.namespace.ruleset.tables[0]
    assert [each.policy for each in forward.chains if each.name == "FORWARD"] == [
        each.policy for each in network().namespace(HOST_NETNS).ruleset.tables[0].chains if each.name == "FORWARD"
    ]
    assert course.host.firewalld is not None
    assert course.host.firewalld.running
    assert (course.conditions, course.missing, course.failures) == ((), (), ())


def test_a_start_on_an_empty_host() -> None:
    """As at a boot."""
    empty = network(msgspec.structs.replace(host_namespace(), ruleset=Ruleset()))
    course = with_firewalld_started(Course(with_firewalld(within=empty), "test"))
    assert [each.name for each in course.namespace.ruleset.tables] == ["firewalld"]


def test_since_2_0_iptables_is_spared_unless_there_are_direct_rules() -> None:
    assert ip_rules(after(with_firewalld(version="2.3.1"), "firewalld-start"), "FORWARD") != []
    on = running(version="2.3.1")
    assert ip_rules(after(on, "firewalld-reload"), "FORWARD") != []
    direct = {"/etc/firewalld/direct.xml": '<direct><rule ipv="ipv4" table="filter" chain="INPUT" priority="0">-j DROP'
              "</rule></direct>"}  # fmt: skip
    course = after(running(direct, version="2.3.1"), "firewalld-reload")
    assert ip_rules(course, "FORWARD") == []
    assert ip_rules(course, "INPUT") == ["-A INPUT -j DROP"]


def test_dockerd_that_listens_puts_its_rules_back() -> None:
    was = running(DOCKER_ZONE, bound="docker0")
    course = after(was, "firewalld-reload")
    assert nft_rules(course, "filter_FORWARD_ZONES") == [
        'iifname "docker0" goto filter_FWD_docker', "goto filter_FWD_public",
    ]  # fmt: skip
    assert any("--dport 8151" in rule for rule in ip_rules(course, "DOCKER", "nat"))
    assert ip_rules(course, "DOCKER-ISOLATION-STAGE-1") == ["-A DOCKER-ISOLATION-STAGE-1 -j RETURN"]
    forward = ip_rules(course, "FORWARD")
    assert forward[:2] == ["-A FORWARD -j DOCKER-ISOLATION-STAGE-1", "-A FORWARD -j DOCKER-USER"]
    assert after(was, "firewalld-restart").namespace.ruleset == course.namespace.ruleset


def test_dockerd_that_has_started_without_firewalld_does_not() -> None:
    course = after(running(DOCKER_ZONE), "firewalld-reload")
    assert ip_rules(course, "FORWARD") == []
    assert course.conditions == ()


def test_whether_dockerd_listens_is_not_known_of_a_firewalld_that_was_stopped() -> None:
    course = after(with_firewalld(DOCKER_ZONE), "firewalld-start")
    assert [str(each) for each in course.conditions] == ["dockerd has started while firewalld ran"]
    assert ip_rules(course, "FORWARD") != []


def test_a_bridge_in_another_zone_gets_no_jumps() -> None:
    conflict = {**DOCKER_ZONE, "/etc/firewalld/zones/internal.xml": '<zone><interface name="docker0"/></zone>'}
    was = running(DOCKER_ZONE, bound="docker0")
    written = with_firewalld(conflict).this.files
    course = after(was.with_host(msgspec.structs.replace(was.this, files=written)), "firewalld-reload")
    assert len(course.failures) == 1
    assert ip_rules(course, "PREROUTING", "nat") == []
    assert any("--dport 8151" in rule for rule in ip_rules(course, "DOCKER", "nat"))


def test_what_was_opened_at_run_time_is_gone() -> None:
    was = running()
    table = was.namespace(HOST_NETNS).ruleset.table("inet", "firewalld")
    assert table is not None
    opened = Course(was, "test").made(
        InsertRule(HOST_NETNS, "nft", "inet", "firewalld", "filter_IN_public_allow", DROP, 1)
    )
    assert nft_rules(opened, "filter_IN_public_allow")[0] == DROP.text
    course = after(opened.network, "firewalld-reload")
    assert course.namespace.ruleset.table("inet", "firewalld") == table


def test_a_link_that_is_bound_keeps_what_was_changed_at_run_time() -> None:
    opened = Course(running(DOCKER_ZONE), "test").made(
        InsertRule(HOST_NETNS, "nft", "inet", "firewalld", "filter_IN_public_allow", DROP, 1)
    )
    course = with_links_bound(opened, "docker", ("br-1",))
    assert nft_rules(course, "filter_IN_public_allow")[0] == DROP.text
    assert nft_rules(course, "filter_INPUT_ZONES")[0] == 'iifname "br-1" goto filter_IN_docker'
    assert nft_rules(course, "filter_FWD_docker_allow") == ['oifname "br-1" accept']
    assert with_links_bound(course, "docker", ("br-1",)) == course


def test_networkmanager_binds_its_links_again() -> None:
    was = running()
    manager = Unit("NetworkManager.service", "active", "enabled")
    bound = with_links_bound(Course(was, "test"), "public", ("eth0",)).network
    managed = bound.with_host(msgspec.structs.replace(bound.this, units=(manager,)))
    for event in ("firewalld-reload", "firewalld-restart"):
        assert nft_rules(after(managed, event), "filter_FWD_public_allow") == ['oifname "eth0" accept']
        assert nft_rules(after(bound, event), "filter_FWD_public_allow") == []
    assert len(after(managed_off(managed), "firewalld-start").conditions) == 1


def managed_off(within: Network) -> Network:
    held = within.this.firewalld
    assert held is not None
    stopped = msgspec.structs.replace(held, running=False, runtime=())
    return within.with_host(msgspec.structs.replace(within.this, firewalld=stopped))


def test_a_zone_that_translates_switches_forwarding_on() -> None:
    off = host_namespace(values={"ip_forward": "0"})
    translated = with_firewalld({PUBLIC: "<zone><masquerade/></zone>"}, within=network(off))
    assert after(translated, "firewalld-start").namespace.sysctls.text("net", "ipv4", "ip_forward") == "1"
    plain = with_firewalld(within=network(off))
    assert after(plain, "firewalld-start").namespace.sysctls.text("net", "ipv4", "ip_forward") == "0"


@pytest.mark.parametrize(
    ("own", "without", "missing", "failures"),
    (
        ({PUBLIC: '<zone><service name="own"/></zone>'}, (), ("firewalld-zones-permanent",), 0),
        ({PUBLIC: "<zone>"}, (), (), 1),
        ({PUBLIC: '<zone><source address="here"/></zone>'}, (), ("firewalld-zones-permanent",), 0),
    ),
)
def test_what_was_not_read_is_named(
    own: dict[str, str], without: tuple[str, ...], missing: tuple[str, ...], failures: int
) -> None:
    course = after(with_firewalld(own, without=without), "firewalld-start")
    assert (course.missing, len(course.failures)) == (missing, failures)
    assert course.namespace == network().namespace(HOST_NETNS)


def test_a_snapshot_without_the_packages_files_lacks_them() -> None:
    within = with_firewalld({PUBLIC: "<zone/>"})
    own = tuple(each for each in within.this.files if not each.path.startswith("/usr/lib/"))
    course = after(within.with_host(msgspec.structs.replace(within.this, files=own)), "firewalld-start")
    assert course.missing == ("firewalld-zones-permanent",)


def test_of_the_iptables_back_end_a_condition_tells() -> None:
    within = with_firewalld({"/etc/firewalld/firewalld.conf": "FirewallBackend=iptables\n"})
    course = after(within, "firewalld-start")
    assert len(course.conditions) == 1
    assert course.parts == ()


@pytest.mark.parametrize(
    ("within", "event"),
    (
        (network(), "firewalld-start"),
        (network(), "firewalld-reload"),
        (with_firewalld(), "firewalld-reload"),
        (with_firewalld(), "firewalld-restart"),
        (running(), "firewalld-start"),
    ),
)
def test_where_it_cannot_happen(within: Network, event: str) -> None:
    with pytest.raises(UsageError, match="cannot happen"):
        after(within, event)


def test_an_own_table_stays() -> None:
    own = running().namespace(HOST_NETNS).ruleset.table("inet", "firewalld")
    assert own is not None
    other = msgspec.structs.replace(own, name="own")
    course = Course(running(), "test").made(ReplaceTable(HOST_NETNS, "nft", "inet", "own", other))
    assert after(course.network, "firewalld-restart").namespace.ruleset.table("inet", "own") == other


def test_dockerd_binds_its_bridge_anew_when_it_starts() -> None:
    """And what was changed in firewalld's table at run time stays."""
    was = with_links_bound(Course(running(DOCKER_ZONE, bound="docker0"), "test"), "docker", ("br-1",))
    opened = was.made(InsertRule(HOST_NETNS, "nft", "inet", "firewalld", "filter_IN_public_allow", DROP, 1))
    course = after(opened.network, "docker-restart")
    assert nft_rules(was, "filter_INPUT_ZONES")[0] == 'iifname "br-1" goto filter_IN_docker'
    assert nft_rules(course, "filter_INPUT_ZONES")[:2] == [
        'iifname "docker0" goto filter_IN_docker', 'iifname "br-1" goto filter_IN_docker',
    ]  # fmt: skip
    assert nft_rules(course, "filter_FWD_docker_allow") == ['oifname "br-1" accept', 'oifname "docker0" accept']
    assert nft_rules(course, "filter_IN_public_allow")[0] == DROP.text


def test_a_file_that_firewalld_has_not_read_again_changes_nothing() -> None:
    was = running(DOCKER_ZONE)
    written = {**DOCKER_ZONE, "/etc/firewalld/zones/internal.xml": '<zone><interface name="eth0"/></zone>'}
    changed = was.with_host(msgspec.structs.replace(was.this, files=with_firewalld(written).this.files))
    table = with_links_bound(Course(changed, "test"), "docker", ("br-1",)).namespace.ruleset.table("inet", "firewalld")
    assert table == with_links_bound(Course(was, "test"), "docker", ("br-1",)).namespace.ruleset.table(
        "inet", "firewalld"
    )


def test_dockerd_makes_its_zone_and_firewalld_is_reloaded_by_it() -> None:
    opened = Course(running(), "test").made(
        InsertRule(HOST_NETNS, "nft", "inet", "firewalld", "filter_IN_public_allow", DROP, 1)
    )
    course = after(opened.network, "docker-restart")
    assert DROP.text not in nft_rules(course, "filter_IN_public_allow")
    assert nft_rules(course, "filter_FORWARD_ZONES")[0] == 'iifname "docker0" goto filter_FWD_docker'
    assert ip_rules(course, "FORWARD")[0] == "-A FORWARD -j DOCKER-USER"
    again = after(course.network, "firewalld-reload")
    assert nft_rules(again, "filter_FORWARD_ZONES") == nft_rules(course, "filter_FORWARD_ZONES")


def test_dockerd_does_not_start_if_its_bridge_is_in_another_zone() -> None:
    own = {**DOCKER_ZONE, "/etc/firewalld/zones/internal.xml": '<zone><interface name="docker0"/></zone>'}
    course = after(running(own), "docker-restart")
    assert len(course.failures) == 1
    assert not course.host.engines[0].running
    assert after(running(DOCKER_ZONE), "docker-restart").failures == ()


def test_a_second_reload_changes_nothing() -> None:
    once = after(running(DOCKER_ZONE, bound="docker0"), "firewalld-reload")
    assert after(once.network, "firewalld-reload").namespace.ruleset == once.namespace.ruleset


def test_a_dockerd_that_makes_no_rules_leaves_the_zones_alone() -> None:
    was = running({**DOCKER_ZONE, "/etc/firewalld/zones/trusted.xml": '<zone target="ACCEPT"/>'})
    bound = with_links_bound(Course(was, "test"), "trusted", ("docker0",)).network
    assert after(bound, "docker-restart").failures != ()
    (docker,) = bound.this.engines
    without = msgspec.structs.replace(docker, iptables=False)
    alone = bound.with_host(msgspec.structs.replace(bound.this, engines=(without,)))
    assert after(alone, "docker-restart").failures == ()


def owned(course: Course) -> bool | None:
    """Return whether firewalld's table has an owner; None if there is no table."""
    table = course.namespace.ruleset.table("inet", "firewalld")
    return table.owned if table is not None else None


@pytest.mark.parametrize(
    ("version", "conf", "expected"),
    (
        ("1.3.3", "", False), ("2.1.2", "", False), ("2.2.0", "", True), ("2.5.2", "", True),
        ("2.3.1", "NftablesTableOwner=no\n", False),
    ),
)  # fmt: skip
def test_since_2_2_firewalld_owns_its_table(version: str, conf: str, *, expected: bool) -> None:
    whole = running({"/etc/firewalld/firewalld.conf": conf}, version=version)
    for event in ("firewalld-reload", "firewalld-restart"):
        assert owned(after(whole, event)) is expected


def test_an_old_kernel_or_nft_knows_no_persisting_owner() -> None:
    """firewalld asks both when it starts; its table shows the answer."""
    old = with_firewalld(version="2.3.1")
    host = msgspec.structs.replace(old.namespace(HOST_NETNS), kernel="6.1.0-18-amd64")
    assert owned(after(old.with_namespace(HOST_NETNS, host), "firewalld-start")) is False
    within = running(version="2.3.1")
    held = within.namespace(HOST_NETNS)
    tables = tuple(msgspec.structs.replace(each, owned=False) for each in held.ruleset.tables)
    plain = msgspec.structs.replace(held, ruleset=Ruleset(tables))
    assert owned(after(within.with_namespace(HOST_NETNS, plain), "firewalld-reload")) is False


@pytest.mark.parametrize(("version", "left"), (("1.3.3", None), ("2.3.1", True)))
def test_a_restart_of_nftables_spares_only_an_owned_table(version: str, *, left: bool | None) -> None:
    script = {"/etc/nftables.conf": "flush ruleset\n"}
    course = after(running(script, version=version), "nftables-restart")
    assert owned(course) is left
    assert [each.name for each in course.namespace.ruleset.tables] == (["firewalld"] if left else [])


def test_a_table_that_firewalld_leaves_behind_has_no_owner() -> None:
    within = running({"/etc/firewalld/firewalld.conf": "CleanupOnExit=no\n"}, version="2.3.1")
    stopped = with_firewalld_stopped(Course(within, "test"))
    assert owned(stopped) is False


def test_a_link_of_docker_is_bound_in_the_chains_of_2_5() -> None:
    course = Course(running(DOCKER_ZONE, version="2.5.2"), "test")
    bound = with_links_bound(course, "docker", ("docker0",))
    assert nft_rules(bound, "filter_INPUT_dispatch") == [
        'iifname "docker0" jump filter_IN_docker_to_HOST', "jump filter_IN_public_to_HOST",
    ]  # fmt: skip
    assert (
        nft_rules(bound, "filter_FWD_public_dispatch_stage2")[0] == 'oifname "docker0" jump filter_FWD_public_to_docker'
    )
    assert bound.conditions == ()
