"""Who made a difference: the one whose deed between both readings brings it to the earlier host, or to the later one
without it."""

import pytest
from msgspec.structs import replace

from hairpin.compare.comparison import Comparison, comparison_of, network_sides
from hairpin.compare.makers import Between, lost_jumps
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host
from hairpin.host.managers import Version
from hairpin.message import message
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.story.entry import Actor, Effect, EntryKind, Story, StoryEntry
from tests import small_host as small
from tests.compare.small_pairs import comparison, host, with_rules
from tests.story.recorded import evidence

ANN = Actor("person", "ann (pts/0)", "e2")
CRON = Actor("process", "cron (root): /root/own", "e3")
RETURN = "-A DOCKER-USER -j RETURN\n"
DROP = "-A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP\n"
DNAT = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80\n"
INSERTED = "iptables -I DOCKER-USER -p tcp --dport 80 -j DROP"


def did(at: float, commands: str, by: Actor | None = ANN) -> StoryEntry:
    return StoryEntry(at, "command", message("x"), "x", "e2", by=by, effect=Effect(commands=commands))


def about(at: float, kind: EntryKind, subject: str, by: Actor | None = None) -> StoryEntry:
    return StoryEntry(at, kind, message("x"), subject, "e2", by=by)


def compared(now: Host, *entries: StoryEntry, was: Host | None = None) -> Comparison:
    traces: Evidence = evidence()
    between = Between(Story(entries, 0.0), traces, 10.0, 100.0)
    question = parse_question("check", ("8151",), None, (), World())
    return comparison_of(question, was or host(), now, (), traces=lambda: between)


def makers(now: Host, *entries: StoryEntry, was: Host | None = None) -> set[str]:
    """Return who is named for any of the differences."""
    found = compared(now, *entries, was=was)
    assert found.differences
    return {one.name for each in found.differences if each.blame is not None for one in each.blame.actors}


DROPPED = with_rules((RETURN, DROP + RETURN))
FLUSHED = with_rules((DNAT, ""), ("-A DOCKER -i docker0 -j RETURN\n", ""))
OFF = host(small.host_namespace(values={"conf__eth0__forwarding": "0"}))
NO_ROUTE = host(
    replace(small.host_namespace(), routes=tuple(e for e in small.host_namespace().routes if e.prefix_length))
)
MADE: dict[str, tuple[Host, str]] = {
    "a rule that was inserted, in the words of a person": (DROPPED, INSERTED),
    "rules that were flushed": (FLUSHED, "iptables -t nat -F DOCKER"),
    "a sysctl": (OFF, "sysctl -w net.ipv4.conf.eth0.forwarding=0"),
    "the default route": (NO_ROUTE, "ip route del default"),
}


@pytest.mark.parametrize(("now", "command"), MADE.values(), ids=MADE)
def test_the_deed_between_both_readings_is_named(now: Host, command: str) -> None:
    assert makers(now, did(50, command)) == {ANN.name}
    found = compared(now, did(50, command))
    assert all(each.blame is not None and each.blame.not_before == 50 for each in found.differences)


@pytest.mark.parametrize(("now", "command"), MADE.values(), ids=MADE)
def test_nobody_is_named_for_what_another_deed_makes(now: Host, command: str) -> None:
    assert makers(now, did(50, "iptables -I DOCKER-USER -p udp -j DROP")) == set()
    assert makers(now, did(5, command), did(150, command)) == set()  # before the first reading, after the second


def test_nobody_is_named_if_two_could_have_done_it() -> None:
    command = "sysctl -w net.ipv4.conf.eth0.forwarding=0"
    assert makers(OFF, did(50, command), did(60, command, CRON)) == set()
    assert makers(OFF, did(50, command), did(60, command, None)) == set()
    assert makers(OFF, did(50, command), did(60, command)) == {ANN.name}  # twice the same person


def test_what_was_made_and_taken_back_before_does_not_count() -> None:
    off, on = (f"sysctl -w net.ipv4.conf.eth0.forwarding={value}" for value in "01")
    assert makers(OFF, did(20, off, CRON), did(30, on), did(40, off)) == {ANN.name}


def test_each_of_two_differences_has_its_own_maker() -> None:
    both = host(
        small.host_namespace(small.DOCKER_RULES.replace(RETURN, DROP + RETURN), values={"conf__eth0__forwarding": "0"})
    )
    found = compared(both, did(40, INSERTED, CRON), did(50, "sysctl -w net.ipv4.conf.eth0.forwarding=0"))
    named = {str(e.where): [a.name for a in e.blame.actors] for e in found.differences if e.blame is not None}
    assert named == {"net.ipv4.conf.eth0.forwarding": [ANN.name], "filter DOCKER-USER, rule 1": [CRON.name]}


def test_a_chain_and_a_jump_to_it_by_two_commands() -> None:
    now = with_rules(
        (":DOCKER-USER - [0:0]\n", ":DOCKER-USER - [0:0]\n:OWN - [0:0]\n"),
        (RETURN, "-A DOCKER-USER -j OWN\n" + RETURN + "-A OWN -j DROP\n"),
    )
    entries = did(30, "iptables -N OWN"), did(31, "iptables -A OWN -j DROP"), did(32, "iptables -I DOCKER-USER -j OWN")
    assert makers(now, *entries) == {ANN.name}


def test_commands_that_nobody_can_foretell_name_nobody() -> None:
    assert makers(OFF, did(50, "/root/fix.sh $(cat list)")) == set()


def test_a_package_and_a_unit_are_told_by_their_own_entries() -> None:
    def with_version(text: str) -> Host:
        return replace(host(), versions=(Version("package:iptables", text, "e9"),))

    was, now = with_version("1.8.9-2"), with_version("1.8.11-1")
    upgrade = about(50, "package", "iptables", Actor("package", "iptables 1.8.9-2 → 1.8.11-1", "e2"))
    assert makers(now, upgrade, was=was) == {"iptables 1.8.9-2 → 1.8.11-1"}
    assert makers(now, about(50, "package", "nftables"), was=was) == set()
    assert makers(now, upgrade, about(60, "package", "iptables"), was=was) == set()


JUMP = "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"


def test_a_lost_jump_with_both_versions() -> None:
    versions = (Version("iptables", "iptables v1.8.11 (nf_tables)"), Version("package:iptables", "1.8.11-2"))
    was = replace(host(), versions=versions)
    (note,) = comparison(with_rules((JUMP, "")), was).notes
    assert str(note) == (
        "d1: the jump to DOCKER is lost. Earlier snapshot: iptables v1.8.11 (nf_tables), package 1.8.11-2; later "
        "snapshot: no version of iptables"
    )


def test_another_rule_is_no_jump() -> None:
    now = with_rules(("-A DOCKER-USER -j RETURN\n", ""))
    assert list(lost_jumps(*network_sides(host(), now))) == []


def test_a_new_jump_is_not_lost() -> None:
    assert list(lost_jumps(*network_sides(with_rules((JUMP, "")), host()))) == []
