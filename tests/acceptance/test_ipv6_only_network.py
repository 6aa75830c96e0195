"""A container on a network without IPv4 (``--ipv4=false``): dockerd 28 publishes its port for IPv6 only.

With real connections, ``[2001:db8:1::11]:8086`` answered, ``198.51.100.11:8086`` was refused, also with ``-p
0.0.0.0:8086:80``; and after `docker restart` both did so again."""

from pathlib import Path

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.network.prefix import parse_address
from hairpin.question.asked import Target
from hairpin.question.question import Question

FOLDER = Path(__file__).parents[1] / "fixtures" / "docker-hosts"
HOST = load(FOLDER / "28.5-ipv6-only.hairpin")


def asked(*targets: Target) -> Answer:
    return ask(Question("check", targets), (HOST,))


def test_its_port_passes_by_ipv6_and_after_a_restart() -> None:
    found = asked(Target(8086))
    assert {(each.trace.flow.version, each.verdict) for each in found.flows} == {(6, "delivered")}
    assert "docker-proxy-missing" not in {each.id for each in found.causes}


def test_by_ipv4_it_is_refused_and_no_option_of_the_container_helps() -> None:
    version, address = parse_address("198.51.100.11")
    found = asked(Target(8086, version=version, address=address))
    assert {each.verdict for each in found.flows} == {"refused"}
    (cause,) = (each for each in found.causes if each.severity == "blocking")
    assert cause.id == "published-for-other-family"
    advice = " ".join(str(each) for remedy in cause.remedies for each in remedy.advice)
    assert "make the network of six again without --ipv4=false" in f"{advice} {cause.remedies}"


def test_nobody_asks_for_ipv4_on_its_behalf() -> None:
    outward = [each for each in asked().flows if each.trace.flow.start_text() == "container:six"]
    assert {each.trace.flow.target_text() for each in outward} == {
        "[2001:db8:fffd::80]:443/tcp",
        "127.0.0.11:53/udp",
        "127.0.0.11:53/tcp",
    }
    assert all(each.succeeds for each in asked().flows)


def test_a_second_network_for_ipv4_leaves_the_way_out_by_ipv6() -> None:
    """``both`` is on a network with IPv6 only and on one with IPv4 only: each has a default route after a restart."""
    found = ask(Question("check", (Target(8088),)), (load(FOLDER / "28.5-two-families.hairpin"),))
    assert {each.trace.flow.version for each in found.flows} == {4, 6}
    assert all(each.succeeds for each in found.flows)
    assert "container-default-route-missing" not in {each.id for each in found.causes}
