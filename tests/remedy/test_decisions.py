"""What undoes somebody's decision is left to a choice; what lets the asked flow alone through it is not."""

import msgspec
import pytest

from hairpin.change.calls import BindInterface, SetContainerState, Unban
from hairpin.change.change import Change, DeleteEntry
from hairpin.diagnose.examination import examine
from hairpin.host.docker import Container
from hairpin.host.managers import Firewalld, FirewalldZone
from hairpin.host.route import PolicyRule, Route
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.remedy.decisions import decision_undone, stopped_on_purpose, wall_of, with_decisions
from hairpin.remedy.effects import others_of, with_side_effects
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from tests.causes.hosts import asked, ruled, with_host
from tests.remedy.test_decided_routes import REFUSING, VPN
from tests.remedy.test_decided_rules import user
from tests.rule_text import with_chain
from tests.small_host import CLIENT, HOST_NETNS, container, egress, engine, host_namespace, network, published

ALLOWED = 0xCB007105
"""203.0.113.5"""


def told(whole: Network, flow: Flow) -> tuple[Remedy, ...]:
    """Return the remedies of the flow's first cause, in order."""
    (found, *_) = examine(whole, (flow,)).causes
    wall = wall_of(found.candidate, found.stop, whole, (flow,))
    made = remedies(found.id, found.candidate, whole)
    held = with_side_effects(made, found.candidate, others_of(whole), (flow,), (), meant=wall is not None)
    return with_decisions(held, wall, whole)


@pytest.mark.parametrize(
    ("whole", "first", "undoes"),
    (
        # A wall for everybody: the asked port alone is let through it.
        (user('-i eth0 ! -s 10.0.0.0/8 -m comment --comment "only office" -j DROP'), "insert-rule", False),
        (user("-i eth0 ! -s 10.0.0.0/8 -j DROP"), "insert-rule", False),
        (user("-s 10.0.0.0/8 -j RETURN", "-i eth0 -j DROP"), "insert-rule", False),
        (ruled(with_chain("SITE", "-i eth0 -j DROP")), "insert-rule", False),
        # One that is for this port, or for this client: whatever lets it through undoes it.
        (user("-p tcp -m conntrack --ctorigdstport 8151 -m comment --comment no -j DROP"), "", True),
        (user("-s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j RETURN", "-i eth0 -j DROP"), "", True),
        (user("-s 192.0.2.10/32 -j DROP"), "", True),
        (ruled(with_chain("SITE", "-o docker0 -p tcp -m tcp --dport 80 -j DROP")), "", True),
        # Their accidental twins are taken away.
        (user("-i eth0 -j DROP"), "delete-rule", False),
        (user("-p tcp -m conntrack --ctorigdstport 8151 -j DROP"), "delete-rule", False),
        (user("-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN", "-i eth0 -j DROP"), "delete-rule", False),
    ),
)  # fmt: skip
def test_what_stops_the_published_port(whole: Network, first: str, undoes: bool) -> None:
    found = told(whole, published())
    assert (found[0].undoes is not None) == undoes
    assert first in ("", found[0].id)
    taken = [each for each in found if each.id == "delete-rule"]
    assert all((each.undoes is not None) == (first != "delete-rule") for each in taken)


def test_what_keeps_a_container_from_the_world_is_left_alone() -> None:
    meant = told(user("-i docker0 -o eth0 -m comment --comment air-gapped -j DROP"), egress())
    assert all(each.undoes is not None for each in meant)
    typed = told(user("-i docker0 -o eth0 -j DROP"), egress())
    assert typed[0].undoes is None


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
    assert any("--ctorigdstport 8151" in str(said) for each in other for said in each.advice)


@pytest.mark.parametrize("entry", (VPN, REFUSING, Route(4, 0xC0000200, 24, type="blackhole")))
def test_a_kill_switch_is_not_deleted_unasked(entry: PolicyRule | Route) -> None:
    host = host_namespace()
    whole = network(msgspec.structs.replace(host, routes=(*host.routes, REFUSING)))
    assert decision_undone(Change((DeleteEntry(HOST_NETNS, entry),)), whole) is not None


def test_a_policy_rule_into_an_empty_table_is_an_accident() -> None:
    assert decision_undone(Change((DeleteEntry(HOST_NETNS, VPN),)), network()) is None


DOWN = msgspec.structs.replace(container("exited"), finished_at="2026-01-01T10:00:00Z", netns=None, pid=None)
BESIDE = msgspec.structs.replace(container(), id="b2", name="db", started_at="2026-01-01T09:00:00Z")
AFTERWARDS = msgspec.structs.replace(BESIDE, started_at="2026-01-01T10:00:30Z")


@pytest.mark.parametrize(
    ("changed", "beside", "decided"),
    (
        ({"exit_code": 137, "restart_policy": "no"}, BESIDE, True),
        ({"exit_code": 0, "restart_policy": "no"}, BESIDE, True),
        ({"exit_code": 3, "restart_policy": "unless-stopped"}, BESIDE, True),
        ({"exit_code": None, "status": "created"}, BESIDE, True),
        ({"status": "paused"}, BESIDE, True),
        ({"exit_code": 1, "restart_policy": "no"}, BESIDE, False),
        ({"exit_code": 137, "restart_policy": "no", "oom_killed": True}, BESIDE, False),
        ({"exit_code": 137, "restart_policy": "no"}, AFTERWARDS, False),
        ({"exit_code": 128, "status": "created", "error": "port is already allocated"}, BESIDE, False),
    ),
)
def test_a_container_that_somebody_stopped_is_told_from_one_that_ended(
    changed: dict[str, object], beside: Container, decided: bool
) -> None:
    one = msgspec.structs.replace(DOWN, **changed)
    whole = network(docker=engine(one, beside))
    assert (stopped_on_purpose(whole.this, one) is not None) == decided
    call = SetContainerState("docker", "unpause" if one.status == "paused" else "start", one.name)
    assert (decision_undone(Change((), (call,)), whole) is not None) == decided


def test_a_stop_and_a_start_together_undo_no_stop() -> None:
    one = msgspec.structs.replace(DOWN, exit_code=137)
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
