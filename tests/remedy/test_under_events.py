"""Which event undoes a remedy, with what keeps it: said with the event, and nothing where it lasts."""

import pytest
from msgspec.structs import replace

from hairpin.carry.act import FileState
from hairpin.causes.cause import Candidate
from hairpin.change.step import ReplaceFile
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import PortBinding
from hairpin.host.host import Namespace
from hairpin.host.managers import ConfigFile, Unit
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.remedy.under_events import judged_by_events
from tests.causes.hosts import asked, published_as
from tests.rule_text import with_policy, with_rule, without
from tests.small_host import (
    FORWARDING,
    OUTSIDE,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
    sibling,
)

ALWAYS = replace(container(), restart_policy="always")
DOCKER = Unit("docker.service", "active", "enabled", after=("network-online.target",))
SAVED = Unit("netfilter-persistent.service", "active", "enabled", before=("network-pre.target",))
RULES = "/etc/iptables/rules.v4"
CLOSED = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
FLUSHES = "*nat\nCOMMIT\n"
SSH = Flow(Lan(parse_address("198.51.100.7")[1]), 4, parse_address("198.51.100.11")[1], "tcp", 22)
SSHD = (Socket("tcp", 4, None, 22, process="sshd"),)


def host(namespace: Namespace, *files: tuple[str, str], units: tuple[Unit, ...] = (DOCKER,)) -> Network:
    made = network(namespace, docker=engine(ALWAYS))
    read = tuple(ConfigFile(path, text) for path, text in files)
    return made.with_host(replace(made.this, files=read, units=units, boot_lines=()))


def judged(within: Network, flow: Flow) -> tuple[Candidate, Remedy]:
    """Return the first cause of the flow and its first remedy."""
    cause = diagnose(within, flow).causes[0]
    made = remedies(cause.cause, cause.candidate, within)
    return cause.candidate, judged_by_events(made, cause.cause, within, (flow,))[0]


def gone_after(remedy: Remedy) -> list[str]:
    return [str(each.text) for each in remedy.side_effects if "is lost after" in str(each.text)]


def test_lost_rules_that_the_next_load_of_saved_rules_deletes_again() -> None:
    """No file may hold them; the unit that deleted them is started at each boot, but before dockerd."""
    lost = host(host_namespace(without("-j MASQUERADE")), (RULES, FLUSHES), units=(DOCKER, SAVED))
    _, remedy = judged(lost, egress())
    assert gone_after(remedy) == ["the repair is lost after saved-rules-restore"]
    _, lasts = judged(host(host_namespace(without("-j MASQUERADE"))), egress())
    assert gone_after(lasts) == []


def test_a_rule_in_the_saved_file_lasts() -> None:
    shut = host_namespace(with_policy("INPUT", "DROP"), sockets=SSHD)
    _, remedy = judged(host(shut, (RULES, CLOSED), units=(DOCKER, SAVED)), SSH)
    assert remedy.persist
    assert gone_after(remedy) == []


def test_forwarding_that_dockerds_start_switches_on_again() -> None:
    off = host_namespace(values=dict.fromkeys(FORWARDING, "0"))
    _, remedy = judged(host(off), published())
    assert gone_after(remedy) == []


@pytest.mark.parametrize("enabled", ("enabled", "disabled"))
def test_a_rule_that_a_unit_of_its_own_makes_again(enabled: str) -> None:
    """It runs behind dockerd; a host on which dockerd is not started has another cause then."""
    rules = with_rule("filter DOCKER-USER", "-p tcp -m tcp --dport 80 -j DROP")
    docker = replace(DOCKER, enabled=enabled)
    _, remedy = judged(host(host_namespace(rules), units=(docker,)), published())
    assert gone_after(remedy) == []


def test_what_is_in_the_containers_namespace_is_gone_with_it() -> None:
    """A route that the engine does not make is gone; the one that it does make comes back."""
    _, remedy = judged(host(host_namespace()), published(Outside(parse_address("172.17.0.9")[1])))
    assert any("nsenter" in each for each in remedy.commands)
    assert gone_after(remedy) == ["the repair is lost after container-restart, docker-restart, reboot"]
    within = host(host_namespace()).with_namespace(sibling("container:web"), container_namespace(default=False))
    _, lasts = judged(within, published())
    assert any("ip route add default" in each for each in lasts.commands)
    assert gone_after(lasts) == []


@pytest.mark.parametrize(
    ("binding", "flow"),
    (
        (PortBinding("tcp", 80, 80, parse_address("127.0.0.1")[1]), asked(OUTSIDE, "198.51.100.11", 80)),
        (PortBinding("tcp", 80, 8152), asked(OUTSIDE, "198.51.100.11", 80)),
    ),
)
def test_a_container_that_a_person_makes_anew_keeps_its_ports(binding: PortBinding, flow: Flow) -> None:
    """The engine makes the rules of the new container at each start.  In the model they stand for its ``-p``."""
    made = published_as(binding)
    engines = tuple(
        replace(each, containers=tuple(replace(one, restart_policy="always") for one in each.containers))
        for each in made.this.engines
    )
    within = made.with_host(replace(made.this, engines=engines, units=(DOCKER,), boot_lines=()))
    for cause in diagnose(within, flow).causes:
        told = judged_by_events(remedies(cause.cause, cause.candidate, within), cause.cause, within, (flow,))
        assert [each.id for each in told if each.by_person]
        assert [gone_after(each) for each in told if each.by_person] == [[] for each in told if each.by_person]


def test_a_repair_that_needs_another_one_is_judged_with_it() -> None:
    """Alone neither lets the flow pass; the event undoes one of the two."""
    rules = with_rule("filter DOCKER-USER", "-j DROP", without("-j MASQUERADE"))
    within = host(host_namespace(rules), (RULES, FLUSHES), units=(DOCKER, SAVED))
    causes = {each.cause: each.candidate for each in diagnose(within, egress()).causes}
    assert set(causes) == {"masquerade-missing", "docker-user-drops"}
    for cause, other, gone in (
        ("masquerade-missing", "docker-user-drops", ["the repair is lost after saved-rules-restore"]),
        ("docker-user-drops", "masquerade-missing", []),
    ):
        made = remedies(cause, causes[cause], within)
        alone = judged_by_events(made, cause, within, (egress(),))[0]
        judged_together = judged_by_events(made, cause, within, (egress(),), (causes[other].change,))[0]
        assert (gone_after(alone), gone_after(judged_together)) == ([], gone)


def test_a_file_that_keeps_the_manager_from_loading_is_not_kept() -> None:
    """iptables-restore refuses the whole file for one chain that it does not know."""
    shut = host(host_namespace(with_policy("INPUT", "DROP"), sockets=SSHD), (RULES, CLOSED), units=(DOCKER, SAVED))
    _, remedy = judged(shut, SSH)
    (step,) = remedy.keeping
    assert isinstance(step, ReplaceFile)
    assert step.after is not None
    broken = step.after.content.replace("COMMIT", "-A NOWHERE -j ACCEPT\nCOMMIT")
    step = replace(step, after=FileState(broken))
    remedy = replace(remedy, keeping=(step,))
    (found,) = judged_by_events((remedy,), "input-drops-host-service", shut, (SSH,))
    assert not found.keeping
    assert "would do harm, so hairpin saves no part of it: after saved-rules-restore, " in str(found.advice[-1])
