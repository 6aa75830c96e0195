"""What passes by somebody's decision, or takes it away, is left to a choice; an accidental twin is repaired."""

import pytest
from msgspec.structs import replace

from hairpin.causes.where import OfNetwork
from hairpin.change.calls import BindInterface, SetContainerState, Unban
from hairpin.change.change import AddChain, Change, DeleteEntry
from hairpin.diagnose.examination import examine
from hairpin.host.boot.configured import Configured
from hairpin.host.managers import Firewalld, FirewalldZone, Ufw
from hairpin.host.route import PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.remedy.decisions import decision_undone, wall_of, with_decisions
from hairpin.remedy.effects import others_of, with_effects
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from tests.causes.hosts import asked, ruled, with_host
from tests.causes.rules.test_rules import FULL_SIZED, narrow
from tests.remedy.test_decided_rules import REFUSING, VPN, user
from tests.remedy.test_stopped_by_person import BESIDE, DOWN
from tests.rows import each_row
from tests.rule_text import with_chain, with_policy, with_rule
from tests.small_host import CLIENT, HOST_NETNS, egress, engine, host_namespace, network, published

ALLOWED = 0xCB007105
"""203.0.113.5"""


def told(whole: Network, flow: Flow) -> tuple[Remedy, ...]:
    """Return the remedies of the flow's first cause, in order."""
    (found, *_) = examine(whole, (flow,)).causes
    assert found.stop is not None
    wall = wall_of(found.candidate, found.stop, whole)
    made = with_decisions(remedies(found.id, found.candidate, whole), found.candidate, wall, whole)
    return with_effects(made, found.candidate, others_of(whole), (flow,), (), meant=wall is not None)


ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"


@each_row(
    "whole",
    (
        user('-i eth0 ! -s 10.0.0.0/8 -m comment --comment "only office" -j DROP'),
        user("-p tcp -m time --datestop 2038-01-19T03:14:07 -j DROP"),
        user("-i eth0 ! -s 10.0.0.0/8 -j DROP"),
        user(ESTABLISHED, "-s 10.0.0.0/8 -j RETURN", "-i eth0 -j DROP"),
        user(ESTABLISHED, "-i eth0 -j DROP"),
        user("-s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j RETURN", "-i eth0 -j DROP"),
        user("-p tcp -m conntrack --ctorigdstport 8151 -m comment --comment no -j DROP"),
        ruled(with_chain("SITE", "-i eth0 -j DROP")),
    ),
)
def test_whatever_passes_by_a_decision_is_left_to_a_choice_the_narrowest_first(whole: Network) -> None:
    found = told(whole, published())
    assert found[0].id == "insert-rule"
    assert "-s 192.0.2.10 " in found[0].commands[0]
    assert all(each.undoes is not None for each in found)


@pytest.mark.parametrize(
    "whole",
    (
        user("-i eth0 -j DROP"),
        user("-p tcp -m conntrack --ctorigdstport 8151 -j DROP"),
        user("-d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j REJECT"),
    ),
)
def test_its_accidental_twin_is_taken_away(whole: Network) -> None:
    first, *others = told(whole, published())
    assert first.id == "delete-rule"
    assert all(each.undoes is None for each in (first, *others))


def closed_by_ufw() -> Network:
    """Return the host whose ufw lets nobody in to a service of the host's own."""
    closed = network(host_namespace(with_policy("INPUT", "DROP", with_chain("ufw-user-input", hook="INPUT")),
                                    sockets=(Socket("tcp", 4, None, 22),)))  # fmt: skip
    return with_host(closed, ufw=Ufw(enabled=True))


def test_what_a_manager_closes_by_default_is_opened_by_its_own_words() -> None:
    whole = closed_by_ufw()
    first, second, *_ = told(whole, asked(Outside(CLIENT), "198.51.100.11", 22))
    assert (first.commands, first.undoes) == (("ufw allow from 192.0.2.10 to any port 22 proto tcp",), None)
    assert second.commands == ("ufw allow 22/tcp",)
    first, *_ = told(whole, flows_for(whole, (parse_target("22"),), None)[0])
    assert (first.commands, first.undoes) == (("ufw allow 22/tcp",), None)
    listed = with_chain("ufw-user-input", "-s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT", hook="INPUT")
    for_some = network(host_namespace(with_policy("INPUT", "DROP", listed), sockets=(Socket("tcp", 4, None, 22),)))
    first, *_ = told(with_host(for_some, ufw=Ufw(enabled=True)), asked(Outside(CLIENT), "198.51.100.11", 22))
    assert first.commands == ("ufw allow from 192.0.2.10 to any port 22 proto tcp",)
    assert first.undoes is not None
    assert "ufw lets only 10.1.0.0/16 in to port 22" in str(first.undoes.said)
    other = with_chain("ufw-user-input", "-s 10.1.0.0/16 -p udp -m udp --dport 22 -j ACCEPT", hook="INPUT")
    of_udp = network(host_namespace(with_policy("INPUT", "DROP", other), sockets=(Socket("tcp", 4, None, 22),)))
    first, *_ = told(with_host(of_udp, ufw=Ufw(enabled=True)), asked(Outside(CLIENT), "198.51.100.11", 22))
    assert first.undoes is None
    denied = with_chain("ufw-user-input", "-p tcp -m tcp --dport 22 -j DROP", hook="INPUT")
    meant = network(host_namespace(denied, sockets=(Socket("tcp", 4, None, 22),)))
    found = told(with_host(meant, ufw=Ufw(enabled=True)), asked(Outside(CLIENT), "198.51.100.11", 22))
    assert all(each.undoes is not None for each in found)


def test_hardening_against_icmp_stays_and_only_the_error_about_the_mtu_passes() -> None:
    (only,) = told(narrow(with_rule("filter OUTPUT", "-p icmp -j DROP")), FULL_SIZED)
    assert only.commands[0].endswith("iptables -I OUTPUT -p icmp -m icmp --icmp-type 3/4 -j ACCEPT")
    assert "-D" not in " ".join(only.commands)
    assert only.undoes is None


@pytest.mark.parametrize(
    ("change", "undone"),
    ((Change((AddChain(HOST_NETNS, "iptables-nft", "ip", "nat", "DOCKER"),)), True), (Change(()), False)),
)
def test_dockerds_own_chains_undo_its_option_and_a_single_rule_does_not(change: Change, undone: bool) -> None:
    (found, *_) = examine(closed_by_ufw(), (asked(Outside(CLIENT), "198.51.100.11", 22),)).causes
    assert found.stop is not None
    option = Configured("engine-option", "/etc/docker/daemon.json", 1, "iptables=false")
    candidate = replace(found.candidate, where=OfNetwork(option="iptables=false"), configured=option, change=change)
    wall = wall_of(candidate, found.stop, closed_by_ufw())
    assert wall is not None
    assert wall.opens is not undone
    assert "line 1 of /etc/docker/daemon.json" in str(wall.decision.said)


def test_what_keeps_a_container_from_the_world_is_left_alone() -> None:
    meant = told(user("-i docker0 -o eth0 -m comment --comment air-gapped -j DROP"), egress())
    assert all(each.undoes is not None for each in meant)
    typed = told(user("-i docker0 -o eth0 -j DROP"), egress())
    assert typed[0].undoes is None


@pytest.mark.parametrize(
    ("whole", "rule"),
    (
        (
            user(ESTABLISHED, "-i eth0 -j DROP", "-s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j RETURN"),
            "DOCKER-USER 2 -s 192.0.2.0/24 -p tcp --dport 80 -j RETURN",
        ),
        (
            ruled(with_chain("edge", "-d 172.17.0.9/32 -p tcp -m tcp --dport 80 -j ACCEPT", "-i eth0 -j DROP")),
            "edge -d 172.17.0.2 -p tcp --dport 80 -j ACCEPT",
        ),
    ),
)
def test_an_allow_rule_at_the_wrong_place_or_for_an_old_address_is_mended(whole: Network, rule: str) -> None:
    first, *_ = told(whole, published())
    assert first.undoes is None
    assert first.commands[0].endswith(f"iptables -I {rule}")


def test_a_wider_allow_rule_behind_a_ban_lets_nobody_past_it() -> None:
    allow = "-s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j RETURN"
    for banned in (user("-s 192.0.2.10/32 -j DROP", allow), user("-s 192.0.2.0/25 -j DROP")):
        assert all(each.undoes is not None for each in told(banned, published()))


def test_an_allow_rule_for_the_port_before_its_translation_is_mended() -> None:
    whole = user(
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-s 203.0.113.0/24 -p tcp -m tcp --dport 8151 -j ACCEPT",
        "-i eth0 -j DROP",
    )
    (first, *_) = told(whole, asked(Outside(ALLOWED), "198.51.100.11", 8151))
    assert first.undoes is None
    (command,) = first.commands
    mended = "-s 203.0.113.0/24 -p tcp -m conntrack --ctorigdstport 8151 --ctdir ORIGINAL -j ACCEPT"
    assert command.endswith(f"iptables -I DOCKER-USER 2 {mended}")
    other = told(whole, asked(Outside(CLIENT), "198.51.100.11", 8151))
    assert all(each.undoes is not None for each in other)
    assert not any("-D DOCKER-USER" in line for each in other for line in each.commands)


@pytest.mark.parametrize("entry", (VPN, REFUSING, Route(4, 0xC0000200, 24, type="blackhole")))
def test_a_kill_switch_is_not_deleted_unasked(entry: PolicyRule | Route) -> None:
    host = host_namespace()
    whole = network(replace(host, routes=(*host.routes, REFUSING)))
    assert decision_undone(Change((DeleteEntry(HOST_NETNS, entry),)), whole) is not None


def test_a_policy_rule_into_an_empty_table_is_an_accident() -> None:
    assert decision_undone(Change((DeleteEntry(HOST_NETNS, VPN),)), network()) is None


def test_a_stop_and_a_start_together_undo_no_stop() -> None:
    one = replace(DOWN, exit_code=137)
    calls = (SetContainerState("docker", "stop", one.name), SetContainerState("docker", "start", one.name))
    assert decision_undone(Change((), calls), network(docker=engine(one, BESIDE))) is None


@pytest.mark.parametrize(("zone", "decided"), (("drop", True), ("block", True), ("public", False)))
def test_a_link_stays_in_the_zone_that_lets_nothing_in(zone: str, decided: bool) -> None:
    zones = (FirewalldZone(zone, interfaces=("docker0",)),)
    whole = with_host(network(), firewalld=Firewalld(True, runtime=zones))
    found = decision_undone(Change((), (BindInterface("docker", "docker0"),)), whole)
    assert (found is not None) == decided


def test_no_address_is_taken_off_a_ban_list_unasked() -> None:
    assert decision_undone(Change((), (Unban("fail2ban-client", "web", "192.0.2.10"),)), network()) is not None
