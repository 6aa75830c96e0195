"""Who made a cause is told by carrying the effects of the entries out; where nothing proves it, nobody is blamed."""

import pytest
from msgspec.structs import replace

from hairpin.answer.answer import Answer
from hairpin.change.change import Change, SetPolicy
from hairpin.diagnose.examination import examine
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.events.happening import course_of
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from hairpin.story.blame import Blame, BlameQuestion, actor_of, blame, made_since_good
from hairpin.story.entry import Actor, Effect, EntryKind, Story, StoryEntry
from tests.report.answers import FORWARDING_OFF, Replacement, answer

IP_FORWARD_OFF: tuple[Replacement, ...] = (
    ("/ipv4/ip_forward:1", "/ipv4/ip_forward:0"),
    ("/ipv4/conf/all/forwarding:1", "/ipv4/conf/all/forwarding:0"),
    FORWARDING_OFF,
)
MASQUERADE = "POSTROUTING -s 172.22.0.0/16 ! -o br-a447be91f932 -j MASQUERADE"
NO_MASQUERADE: Replacement = (f"[0:0] -A {MASQUERADE}\n", "")
ANN = Actor("person", "ann on pts/0 from 192.0.2.7", "e900")
OFF = Effect(commands="sysctl -w net.ipv4.conf.eth0.forwarding=0")
ALL_OFF = Effect(commands="sysctl -w net.ipv4.ip_forward=0")
TOGGLED = Effect("forwarding-toggle")
DOCKER = Effect("docker-restart")


def entry(at: float, effect: Effect | None, kind: EntryKind = "command", by: Actor | None = ANN) -> StoryEntry:
    return StoryEntry(at, kind, message("something happened"), "something", "e900", by=by, effect=effect)


def question(found: Answer) -> BlameQuestion:
    cause = next(each for each in found.causes if each.severity == "blocking")
    flows = tuple(each.trace.flow for each in found.flows if each.ref in cause.flows)
    return BlameQuestion(cause.id, cause.host, found.network, cause.candidate.change, flows[:2], 1000.0)


def blamed(found: Answer, *entries: StoryEntry) -> Blame | None:
    return blame(question(found), Story(entries, 0.0))


def test_the_entry_that_makes_the_cause_since_the_good_state_is_blamed() -> None:
    found = blamed(answer(FORWARDING_OFF), entry(10, TOGGLED), entry(20, OFF))
    assert found is not None
    assert (found.not_before, found.not_after, found.actors, found.good.at) == (20, 20, (ANN,), 10)


def test_what_is_done_each_minute_is_blamed_from_its_first_time_after_the_good_state() -> None:
    first, last = entry(5, OFF), replace(entry(60, OFF), before=(20.0, 30.0, 40.0, 50.0))
    found = blamed(answer(FORWARDING_OFF), first, entry(10, TOGGLED), last)
    assert found is not None
    assert ([each.at for each in found.entries], found.not_before, found.not_after) == ([20, 60], 20, 60)


def test_two_entries_that_make_it_are_both_named() -> None:
    cron = Actor("process", "cron[812]", "e901")
    found = blamed(answer(FORWARDING_OFF), entry(10, TOGGLED), entry(20, OFF), entry(30, OFF, by=cron))
    assert found is not None
    assert (found.not_before, found.not_after, found.actors) == (20, 30, (ANN, cron))


def test_nobody_is_named_if_one_of_two_entries_names_nobody() -> None:
    found = blamed(answer(FORWARDING_OFF), entry(10, TOGGLED), entry(20, OFF), entry(30, OFF, by=None))
    assert found is not None
    assert (found.not_before, found.not_after, found.actors) == (20, 30, ())


def test_what_puts_back_what_the_flows_need_shows_the_good_state() -> None:
    """dockerd sets the policy of FORWARD only as it turns forwarding on: of a repair that has it, too, it makes a
    part."""
    asked = question(answer(NO_MASQUERADE, port=None))
    policy = SetPolicy(asked.broken.this.netns, Place("iptables-nft", "ip", "filter", "INPUT", 0, ""), "drop")
    wider = replace(asked, change=Change((*asked.change.parts, policy)))
    flush, back = Effect(commands="iptables -t nat -F"), Effect(commands=f"iptables -t nat -A {MASQUERADE}")
    bob = entry(5, flush, by=Actor("person", "bob", "e9"))
    told = blame(wider, Story((bob, entry(10, back), entry(20, flush)), 0.0))
    assert told is not None
    assert (told.actors, told.good.at) == ((ANN,), 10)


def test_what_repaired_it_ends_the_search() -> None:
    assert blamed(answer(FORWARDING_OFF), entry(5, TOGGLED), entry(10, OFF), entry(20, TOGGLED)) is None


def test_without_a_sight_of_the_good_state_nobody_is_blamed() -> None:
    assert blamed(answer(FORWARDING_OFF), entry(20, OFF)) is None


def test_what_does_nothing_to_the_cause_is_not_blamed() -> None:
    other = Effect(commands="sysctl -w net.ipv4.conf.docker0.forwarding=1")
    assert blamed(answer(FORWARDING_OFF), entry(10, TOGGLED), entry(20, other), entry(30, DOCKER)) is None


def test_a_bypass_is_no_sight_of_the_good_state() -> None:
    """Without its nat rules docker-proxy answers, while the host does not forward all the same."""
    flushed = Effect(commands="iptables -t nat -F")
    assert blamed(answer(*IP_FORWARD_OFF), entry(10, flushed), entry(20, ALL_OFF)) is None
    assert blamed(answer(*IP_FORWARD_OFF), entry(10, DOCKER), entry(20, ALL_OFF)) is not None


def test_an_event_that_nobody_can_foretell_hides_what_lies_before_it() -> None:
    firewalld = Effect("firewalld-reload")  # this host has no firewalld
    assert blamed(answer(FORWARDING_OFF), entry(10, TOGGLED), entry(20, OFF), entry(30, firewalld)) is None


def test_commands_that_nobody_can_foretell_are_not_blamed() -> None:
    script = Effect(commands="/root/fix.sh $(cat list)")
    found = blamed(answer(FORWARDING_OFF), entry(10, TOGGLED), entry(20, OFF), entry(30, script))
    assert found is not None
    assert found.not_before == 20


def test_what_an_event_did_before_its_files_were_changed_is_not_known() -> None:
    found = answer(NO_MASQUERADE, port=None)
    changed = StoryEntry(25, "file", message("a file was changed"), "/etc/iptables/rules.v4", "e902")
    flush = Effect("iptables-flush")
    assert blamed(found, entry(10, DOCKER), entry(20, flush)) is not None
    assert blamed(found, entry(10, DOCKER), entry(20, flush), changed) is None
    cron = replace(changed, subject="/etc/cron.d")  # no event does something else by it
    assert blamed(found, entry(10, DOCKER), entry(20, flush), cron) is not None
    typed = Effect(commands="iptables -t nat -F")
    assert blamed(found, entry(10, DOCKER), entry(20, typed), changed) is not None  # its words say all that it did


def test_what_ufw_itself_writes_as_it_starts_is_no_later_change() -> None:
    found = answer(NO_MASQUERADE, port=None)
    ufw = entry(20, Effect("ufw-enable"), kind="firewall")
    own = replace(ufw, kind="file", effect=None, subject="/etc/ufw/user.rules", at=21)
    later = replace(own, at=60)

    def blamed_of(*entries: StoryEntry) -> Blame | None:
        good = entry(10, None, kind="kept")
        newest = sorted((good, ufw, *entries), key=lambda each: -each.at)
        return made_since_good(newest, lambda _: "makes")

    assert blamed_of(own) is not None
    assert blamed_of(later) is None
    assert blamed(found, entry(10, DOCKER), entry(20, Effect("ufw-enable"))) is None  # this host has no ufw


def test_a_rule_that_somebody_deletes_is_missed_since_then() -> None:
    deleted = Effect(commands=f"iptables -t nat -D {MASQUERADE}")
    other = Effect(commands="iptables -t nat -D POSTROUTING -s 172.21.0.0/16 ! -o br-5c658742893b -j MASQUERADE")
    found = blamed(answer(NO_MASQUERADE, port=None), entry(10, DOCKER), entry(20, deleted), entry(30, other))
    assert found is not None
    assert (found.not_before, found.not_after) == (20, 20)


def test_a_snapshot_that_was_kept_while_all_flows_passed_shows_the_good_state() -> None:
    kept = StoryEntry(10, "kept", message("a snapshot was kept"), "host1", "")
    found = blamed(answer(FORWARDING_OFF), kept, entry(20, OFF))
    assert found is not None
    assert (found.actors, found.good) == ((ANN,), kept)
    assert blamed(answer(FORWARDING_OFF), entry(5, OFF), kept) is None


def test_another_host_and_the_time_after_the_reading_do_not_count() -> None:
    found = answer(FORWARDING_OFF)
    elsewhere = StoryEntry(20, "command", message("x"), "x", "e900", by=ANN, effect=OFF, host="node2")
    assert blamed(found, entry(10, TOGGLED), elsewhere) is None
    assert blamed(found, entry(10, TOGGLED), entry(2000, OFF)) is None


def test_an_actor_is_who_the_trace_names_else_the_unit_or_package() -> None:
    unit = StoryEntry(1, "firewall", message("firewalld started"), "firewalld.service", "e9")
    package = StoryEntry(1, "package", message("iptables was upgraded"), "iptables", "e9")
    boot = StoryEntry(1, "boot", message("the host booted"), "", "e9")
    assert actor_of(unit) == Actor("unit", "firewalld.service", "e9")
    assert actor_of(package) == Actor("package", "iptables", "e9")
    assert actor_of(boot) is None
    assert actor_of(entry(1, None)) == ANN


def after_event(event: EventId, name: str = "") -> BlameQuestion:
    """Return the question about what the event stops on a healthy host."""
    whole = answer().network
    course = course_of(whole, whole.this.name, event, name)
    assert course is not None
    examined = examine(course.network, flows_for(course.network, (Target(8080),), None))
    cause = examined.causes[0]
    flows = tuple(examined.diagnoses[number].trace.flow for number in cause.flows)[:2]
    return BlameQuestion(cause.id, cause.host, course.network, cause.candidate.change, flows, 1000.0)


def test_who_stopped_the_daemon_is_blamed_since_its_start() -> None:
    asked = after_event("docker-stop")
    stop = entry(20, Effect("docker-stop"))
    found = blame(asked, Story((entry(10, DOCKER), stop), 0.0))
    assert found is not None
    assert (asked.cause, found.not_before, found.good.at) == ("docker-daemon-not-running", 20, 10)
    assert blame(asked, Story((entry(10, TOGGLED), stop), 0.0)) is None


def test_the_start_of_a_container_that_was_stopped_since_shows_the_good_state() -> None:
    asked = after_event("container-stop", "front")
    start, stop = entry(10, Effect("container-restart", "front")), entry(20, Effect("container-stop", "front"))
    other = entry(5, Effect("container-restart", "back"))
    found = blame(asked, Story((start, stop), 0.0))
    assert found is not None
    assert (found.not_before, found.good.at) == (20, 10)
    assert blame(asked, Story((other, stop), 0.0)) is None


def test_of_containers_that_are_alike_one_start_is_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(FORWARDING_OFF)
    front = found.network.this.container("front")
    assert front is not None
    others = [replace(front, id=f"t{each}", name=f"twin-{each}") for each in range(9)]
    engines = tuple(replace(each, containers=(*each.containers, *others)) for each in found.network.this.engines)
    network = found.network.with_host(replace(found.network.this, engines=engines))
    asked = replace(question(found), broken=network)
    carried_out: list[str] = []

    def noting(within: Network, label: str, wanted: EventId, name: str = "") -> Course | None:
        carried_out.append(name)
        return course_of(within, label, wanted, name)

    monkeypatch.setattr("hairpin.story.blame.course_of", noting)
    starts = tuple(entry(each, Effect("container-restart", f"twin-{each}")) for each in range(9))
    assert blame(asked, Story(starts, 0.0)) is None
    assert len(set(carried_out)) == 1
