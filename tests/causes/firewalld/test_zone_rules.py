"""What firewalld closes or denies for a service of the host itself is let in by firewalld's own command."""

import shlex

import msgspec
import pytest

from hairpin.change.calls import AddRichRule
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examine
from hairpin.diagnose.search import suspects
from hairpin.host.managers import Firewalld, FirewalldZone
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from hairpin.walk.walk import walk_flow
from tests.causes.case import is_silent
from tests.causes.hosts import asked, ruled, with_host, zoned
from tests.remedy.test_decisions import told as ranked
from tests.rule_text import with_chain
from tests.small_host import CLIENT, WEB_ITSELF, egress, host_namespace, network


def firewalled(*rules: str, chains: tuple[str, ...] = ("IN_public_pre", "IN_policy_own_pre")) -> Network:
    """Return the host with a service on port 80, and the rules that firewalld's back end of iptables makes."""
    made = ("IN_public", "IN_public_deny", "IN_public_allow", "IN_policy_own", *chains)
    lines = (
        "*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]",
        *(f":{each} - [0:0]" for each in made),
        *(f"-A {each.removesuffix('_pre')} -j {each}" for each in chains),
        "-A INPUT -p tcp --dport 80 -j IN_policy_own", "-A INPUT -p tcp --dport 80 -j IN_public",
        "-A IN_public -j IN_public_deny", "-A IN_public -j IN_public_allow", *rules, "COMMIT", "",
    )  # fmt: skip
    host = host_namespace("\n".join(lines), sockets=(Socket("tcp", 4, None, 80),))
    return with_host(network(host), firewalld=Firewalld(True, default_zone="public"))


TO_SERVICE = asked(Outside(CLIENT), "198.51.100.11", 80)
CLOSED = "firewalld-zone-blocks-port"
FROM_CLIENT = 'family="ipv4" source address="192.0.2.10" '


@pytest.mark.parametrize(
    ("rule", "owner", "words"),
    (
        ("IN_public -j REJECT", "--zone=public", "--add-port=80/tcp"),
        (
            "IN_public_deny -p tcp --dport 80 -j REJECT",
            "--zone=public",
            '--add-rich-rule=rule priority="-1" port port="80" protocol="tcp" accept',
        ),
        (
            "IN_public_deny -s 192.0.2.0/24 -j DROP",
            "--zone=public",
            f'--add-rich-rule=rule priority="-1" {FROM_CLIENT}port port="80" protocol="tcp" accept',
        ),
        (
            "IN_public_pre -p tcp -j REJECT",
            "--zone=public",
            '--add-rich-rule=rule priority="-32768" port port="80" protocol="tcp" accept',
        ),
        (
            "IN_policy_own -j REJECT",
            "--policy=own",
            '--add-rich-rule=rule priority="-1" port port="80" protocol="tcp" accept',
        ),
    ),
)
def test_what_firewalld_denies_is_let_in_by_its_own_command(rule: str, owner: str, words: str) -> None:
    (suspect,) = diagnose(firewalled(f"-A {rule}"), TO_SERVICE).causes
    assert suspect.cause == "firewalld-zone-blocks-port"
    (told,) = remedies(suspect.cause, suspect.candidate, firewalled(f"-A {rule}"))
    assert [shlex.split(each) for each in told.commands] == [["firewall-cmd", owner, words]]
    assert [shlex.split(each) for each in told.persist_commands] == [["firewall-cmd", "--permanent", owner, words]]


def test_a_zone_by_source_lets_in_the_asked_client_alone() -> None:
    closed = firewalled("-A IN_public -j REJECT")
    zone = FirewalldZone("public", sources=("192.0.2.0/24",))
    by_source = with_host(closed, firewalld=Firewalld(True, default_zone="internal", runtime=(zone,)))
    (suspect,) = diagnose(by_source, TO_SERVICE).causes
    assert "192.0.2.10 into zone public" in str(suspect.candidate.detail)
    (told,) = remedies(suspect.cause, suspect.candidate, by_source)
    words = f'--add-rich-rule=rule priority="-1" {FROM_CLIENT}port port="80" protocol="tcp" accept'
    assert [shlex.split(each) for each in told.commands] == [["firewall-cmd", "--zone=public", words]]


@pytest.mark.parametrize("invented", (True, False))
def test_no_repair_names_a_client_that_hairpin_has_invented(invented: bool) -> None:
    host = firewalled("-A IN_public_deny ! -s 10.0.0.0/8 -j DROP")
    flow = msgspec.structs.replace(TO_SERVICE, invented=invented)
    (suspect,) = diagnose(host, flow).causes
    (told,) = remedies(suspect.cause, suspect.candidate, host)
    assert ("192.0.2.10" in told.commands[0]) == (not invented)
    assert ("192.0.2.10" in told.persist_commands[0]) == (not invented)


def test_a_port_is_opened_to_the_containers_network_and_not_to_the_whole_zone() -> None:
    """Zone public has the uplink, too."""
    host = firewalled("-A IN_public -j REJECT")
    flow = asked(WEB_ITSELF, "172.17.0.1", 80)
    closed = next(each for each in suspects(host, flow, walk_flow(host, flow)) if each.cause == CLOSED)
    rule = 'rule family="ipv4" source address="172.17.0.0/16" port port="80" protocol="tcp" accept'
    assert closed.candidate.change.calls == (AddRichRule("zone", "public", rule),)
    after = simulate(closed.candidate.change, host)
    assert walk_flow(after, flow).succeeds
    assert not walk_flow(after, TO_SERVICE).succeeds


def test_the_default_zone_is_the_links_though_it_has_sources_too() -> None:
    zone = FirewalldZone("public", sources=("10.0.0.0/8",))
    closed = with_host(
        firewalled("-A IN_public -j REJECT"), firewalld=Firewalld(True, default_zone="public", runtime=(zone,))
    )
    (suspect,) = diagnose(closed, TO_SERVICE).causes
    (told,) = remedies(suspect.cause, suspect.candidate, closed)
    assert told.commands == ("firewall-cmd --zone=public --add-port=80/tcp",)


def test_a_firewalld_without_priorities_is_left_to_a_person() -> None:
    old = firewalled("-A IN_public_deny -p tcp --dport 80 -j REJECT", chains=())
    (cause,) = diagnose(old, TO_SERVICE).causes
    assert (cause.cause, cause.candidate.offered) == ("rule-decides-flow", False)


def test_a_port_that_is_open_to_other_clients_is_opened_to_the_asked_one_alone() -> None:
    listed = firewalled("-A IN_public_allow -s 192.0.2.128/25 -p tcp --dport 80 -j ACCEPT", "-A IN_public -j REJECT")
    (found,) = examine(listed, (TO_SERVICE,)).causes
    assert "opens port 80/tcp only to 192.0.2.128/25" in str(found.candidate.detail)
    (way,) = found.candidate.ways
    rule = f'rule {FROM_CLIENT}port port="80" protocol="tcp" accept'
    assert way.change.calls == (AddRichRule("zone", "public", rule),)
    assert walk_flow(simulate(way.change, listed), TO_SERVICE).succeeds
    assert not walk_flow(simulate(way.change, listed), asked(Outside(CLIENT + 1), "198.51.100.11", 80)).succeeds
    first, second = ranked(listed, TO_SERVICE)
    assert (first.change, second.change) == (way.change, found.candidate.change)
    for each in (first, second):
        assert each.undoes is not None
        assert "lets only 192.0.2.128/25 in to this port" in str(each.undoes.said)


def test_a_port_that_is_open_to_nobody_has_no_list_of_clients() -> None:
    closed = firewalled("-A IN_public_allow -s 192.0.2.128/25 -p tcp --dport 22 -j ACCEPT", "-A IN_public -j REJECT")
    (found,) = examine(closed, (TO_SERVICE,)).causes
    assert "allows neither the port nor a service" in str(found.candidate.detail)
    (only,) = ranked(closed, TO_SERVICE)
    assert (only.undoes, only.commands) == (None, ("firewall-cmd --zone=public --add-port=80/tcp",))


def test_what_firewalld_lets_in_has_no_cause() -> None:
    is_silent(firewalled("-A IN_public_deny -p tcp --dport 81 -j REJECT", "-A IN_public_allow -j ACCEPT"), TO_SERVICE)


def policy_of(flow: Flow, chain: str = "FORWARD_IN_ZONES") -> tuple[str, ...]:
    """Return the commands by which firewalld is told to forward the flow's packet, which a rule in this chain stops."""
    stopped = with_host(
        ruled(with_chain(chain, "-i docker0 -j REJECT")), firewalld=zoned("docker").this.firewalld or Firewalld(True)
    )
    (suspect,) = diagnose(stopped, flow).causes
    assert suspect.cause == "firewalld-zone-blocks-port"
    return suspect.candidate.ways[0].typed


def test_a_policy_is_made_by_one_option_a_call() -> None:
    assert policy_of(egress()) == (
        "firewall-cmd --permanent --new-policy=allow-docker",
        "firewall-cmd --permanent --policy=allow-docker --add-ingress-zone=docker",
        "firewall-cmd --permanent --policy=allow-docker --add-egress-zone=public",
        "firewall-cmd --permanent --policy=allow-docker --add-port=443/tcp",
        "firewall-cmd --reload",
    )


def test_a_policy_for_the_way_out_accepts_every_packet() -> None:
    """hairpin chose the port 443, so a policy for this port would leave the container's other ports closed."""
    told = policy_of(msgspec.structs.replace(egress(), purpose="egress"))
    assert told[-2:] == ("firewall-cmd --permanent --policy=allow-docker --set-target=ACCEPT", "firewall-cmd --reload")
    assert not any("--add-port" in each for each in told)


def test_the_policy_comes_before_the_one_that_stopped_the_packet() -> None:
    by_policy = policy_of(egress(), "FWD_policy_own_deny")
    assert "firewall-cmd --permanent --policy=allow-docker --set-priority=-32768" in by_policy
    assert not any("--set-priority" in each for each in policy_of(egress()))


def test_one_policy_lets_through_all_flows_that_the_cause_explains() -> None:
    """A policy rejects what containers send: the commands of one round are for each of the stopped ports."""
    stopped = with_host(
        ruled(with_chain("FWD_policy_own_deny", "-i docker0 -j REJECT")),
        firewalld=zoned("docker").this.firewalld or Firewalld(True),
    )
    names = msgspec.structs.replace(egress(), dport=53, protocol="udp")
    (found,) = examine(stopped, (egress(), names, msgspec.structs.replace(names, protocol="tcp"))).causes
    (told,) = remedies(found.id, found.candidate, stopped)
    assert [each for each in told.typed if "--add-port" in each] == [
        f"firewall-cmd --permanent --policy=allow-docker --add-port={port}" for port in ("53/tcp", "53/udp", "443/tcp")
    ]
    assert told.typed[0] == "firewall-cmd --permanent --new-policy=allow-docker"
    assert told.typed[-1] == "firewall-cmd --reload"
    assert [str(each) for each in told.advice[1:]] == list(told.typed)
    (found,) = examine(stopped, (msgspec.structs.replace(egress(), purpose="egress"), names)).causes
    (told,) = remedies(found.id, found.candidate, stopped)
    assert not any("--add-port" in each for each in told.typed)
    assert sum("--set-target=ACCEPT" in each for each in told.typed) == 1


def test_the_policy_has_a_name_that_no_other_has() -> None:
    assert policy_of(egress(), "FWD_policy_allow-docker_deny")[0] == (
        "firewall-cmd --permanent --new-policy=allow-docker-2"
    )
