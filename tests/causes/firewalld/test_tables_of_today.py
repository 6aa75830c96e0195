"""What hairpin prints on the hosts of today's firewalld: tables with an owner, chains of pairs, StrictForwardPorts.

The same repairs were carried out on firewalld 2.3.1 and 2.5.2 of Debian 13 and sid, and real connections made.
"""

import shlex

import pytest
from msgspec.structs import replace

from hairpin.causes.cause import Candidate
from hairpin.change.calls import AddRichRule, BindInterface, OpenPort
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Advise
from hairpin.change.steps import steps
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.suspect import Suspect
from hairpin.events.happening import asked_course
from hairpin.host.managers import Firewalld
from hairpin.host.socket import Socket
from hairpin.netfilter.ir import Expression, Table
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from hairpin.remedy.plan import remedies
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import asked, with_host
from tests.firewalld_host import PUBLIC, with_running_firewalld
from tests.small_host import CLIENT, HOST_NETNS, egress, published

VERSIONS = ("1.3.3", "2.3.1", "2.4.0", "2.5.2")
STRICT_VERSIONS = ("2.3.1", "2.5.2")
STRICT = {"/etc/firewalld/firewalld.conf": "StrictForwardPorts=yes\n"}
TO_SERVICE = asked(Outside(CLIENT), "198.51.100.11", 9000)
FORWARDED = (
    'rule family="ipv4" destination address="198.51.100.11" forward-port port="8151" protocol="tcp" to-port="80" '
    'to-addr="172.17.0.2"'
)


def with_service(whole: Network) -> Network:
    """Return the host with a service on port 9000."""
    host = whole.namespace(HOST_NETNS)
    return whole.with_namespace(HOST_NETNS, replace(host, sockets=(*host.sockets, Socket("tcp", 4, None, 9000))))


def firewallds(whole: Network, flow: Flow = TO_SERVICE) -> Suspect:
    """Return the cause of the flow that is about firewalld.  firewalld 1.3 has also flushed Docker's rules."""
    (found,) = (each for each in diagnose(whole, flow).causes if each.cause.startswith("firewalld-"))
    return found


def only(whole: Network, flow: Flow = TO_SERVICE) -> Candidate:
    """Return the candidate of that cause, which is firewalld's zone."""
    found = firewallds(whole, flow)
    assert found.cause == "firewalld-zone-blocks-port"
    return found.candidate


def bodies(table: Table | None, name: str) -> list[tuple[Expression, ...]]:
    """Return what the rules of the chain match and do."""
    chain = table.chain(name) if table is not None else None
    assert chain is not None
    return [each.body for each in chain.rules]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_closed_port_is_opened_in_a_zone_that_firewalld_lists(version: str) -> None:
    whole = with_service(with_running_firewalld(version=version))
    assert only(whole).change.calls == (OpenPort("public", 9000, "tcp"),)


def test_a_firewalld_that_has_ended_obeys_no_command() -> None:
    whole = with_service(with_running_firewalld(version="1.3.3"))
    assert whole.this.firewalld is not None
    ended = whole.with_host(replace(whole.this, firewalld=replace(whole.this.firewalld, running=False)))
    opened = only(ended)
    assert opened.change.calls == ()
    assert walk_flow(simulate(opened.change, ended), TO_SERVICE).succeeds
    assert "firewalld does not run" in str(opened.advice[-1])


@pytest.mark.parametrize("version", VERSIONS)
def test_an_open_port_is_no_fault(version: str) -> None:
    own = {PUBLIC: '<zone><port port="9000" protocol="tcp"/></zone>'}
    found = diagnose(with_service(with_running_firewalld(own, version=version)), TO_SERVICE)
    assert found.trace.succeeds
    assert found.causes == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_in_a_zone_of_sources_its_rich_rule_opens_the_port(version: str) -> None:
    own = {"/etc/firewalld/zones/work.xml": '<zone><source address="192.0.2.0/24"/></zone>'}
    (call,) = only(with_service(with_running_firewalld(own, version=version))).change.calls
    assert isinstance(call, AddRichRule)
    assert (call.owner, call.name) == ("zone", "work")


@pytest.mark.parametrize("version", STRICT_VERSIONS)
def test_a_strict_firewalld_forwards_only_its_own_forward_ports(version: str) -> None:
    whole = with_running_firewalld(STRICT, version=version, bound="docker0")
    candidate = only(whole, published())
    assert candidate.change.calls == (AddRichRule("zone", "public", FORWARDED),)
    after = simulate(candidate.change, whole)
    assert walk_flow(after, published()).succeeds


@pytest.mark.parametrize("version", STRICT_VERSIONS)
@pytest.mark.parametrize("forwarded", (True, False))
def test_a_forward_port_of_firewalld_survives_its_reload(version: str, *, forwarded: bool) -> None:
    rule = (
        '<rule family="ipv4"><destination address="198.51.100.11"/><forward-port port="8151" protocol="tcp" '
        'to-port="80" to-addr="172.17.0.2"/></rule>'
    )
    own = {**STRICT, PUBLIC: f"<zone>{rule if forwarded else ''}</zone>"}
    whole = with_running_firewalld(own, version=version, bound="docker0")
    reloaded = asked_course(whole, parse_event("firewalld-reload"))[1].network
    assert (walk_flow(whole, published()).succeeds, walk_flow(reloaded, published()).succeeds) == (forwarded,) * 2


@pytest.mark.parametrize("version", STRICT_VERSIONS)
def test_the_change_is_what_firewalld_makes_of_the_rich_rule(version: str) -> None:
    whole = with_running_firewalld(STRICT, version=version, bound="docker0")
    after = simulate(only(whole, published()).change, whole).namespace(HOST_NETNS).ruleset.table("inet", "firewalld")
    rule = FORWARDED.replace('rule family="ipv4" ', "").replace("destination", "<destination").replace('11" ', '11"/><')
    own = {**STRICT, PUBLIC: f'<zone><rule family="ipv4">{rule}/></rule></zone>'}
    made = with_running_firewalld(own, version=version, bound="docker0").namespace(HOST_NETNS).ruleset
    wanted = made.table("inet", "firewalld")
    for name in ("filter_FORWARD_dnat", "nat_PRE_public_allow"):
        assert bodies(after, name) == bodies(wanted, name)


@pytest.mark.parametrize("version", STRICT_VERSIONS)
def test_the_host_itself_needs_a_policy(version: str) -> None:
    whole = with_running_firewalld(STRICT, version=version, bound="docker0")
    candidate = only(whole, published(FromHost()))
    assert not candidate.offered
    (told,) = remedies("firewalld-zone-blocks-port", candidate, whole)
    words = [shlex.split(each) for each in told.typed]
    assert ["firewall-cmd", "--permanent", "--policy=allow-HOST", f"--add-rich-rule={FORWARDED}"] in words
    assert words[-1] == ["firewall-cmd", "--reload"]


@pytest.mark.parametrize("version", VERSIONS)
def test_another_zone_of_the_bridge_does_not_help_where_a_source_zone_counts(version: str) -> None:
    own = {"/etc/firewalld/zones/block.xml": '<zone target="%%REJECT%%"><source address="172.17.0.0/16"/></zone>'}
    whole = with_running_firewalld(own, version=version)
    candidate = only(whole, egress())
    assert not any(isinstance(each, BindInterface) for each in candidate.change.calls)
    assert any("--add-ingress-zone=block" in each for each in candidate.ways[0].typed)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_source_zone_the_bridge_is_put_into_dockers(version: str) -> None:
    docker = {"/etc/firewalld/zones/docker.xml": '<zone target="ACCEPT"><forward/></zone>'}
    found = firewallds(with_running_firewalld(docker, version=version), egress())
    assert found.cause == "firewalld-bridge-in-wrong-zone"
    assert found.candidate.change.calls == (BindInterface("docker", "docker0"),)


def test_no_command_names_a_zone_that_firewalld_does_not_list() -> None:
    whole = with_running_firewalld(version="2.5.2")
    change = only(with_service(whole)).change
    for zone, is_listed in (("public", True), ("public_to_HOST", False), ("trusted", True)):
        for call in (OpenPort(zone, 9000, "tcp"), BindInterface(zone, "eth0"), AddRichRule("zone", zone, FORWARDED)):
            (step,) = steps(Change(change.parts, (call,)), whole)
            assert isinstance(step, Advise) is not is_listed
    unread = with_host(whole, firewalld=Firewalld(running=True))
    (step,) = steps(Change(change.parts, (OpenPort("own", 9000, "tcp"),)), unread)
    assert not isinstance(step, Advise)


@pytest.mark.parametrize(("version", "owned"), (("1.3.3", False), ("2.1.2", False), ("2.2.0", True), ("2.5.2", True)))
def test_nobody_edits_a_table_with_an_owner(version: str, *, owned: bool) -> None:
    whole = with_service(with_running_firewalld(version=version))
    change = Change(only(whole).change.parts)  # without firewalld's own command
    (step,) = steps(change, whole)
    assert isinstance(step, Advise) is owned
