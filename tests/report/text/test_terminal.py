"""The report on the terminal: its parts, their order, and nothing twice."""

import pytest
from msgspec.structs import replace

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.questions import QuestionAnswer
from hairpin.host.host import Unread
from hairpin.host.swarm import MeshPort
from hairpin.message import message
from hairpin.replica.judgement import Judgement
from hairpin.report.paper import Paper, cells
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Words
from hairpin.walk.trace import OpenQuestion
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, answer, text
from tests.report.proven import proven, trace

BROKEN: dict[str, tuple[Replacement, ...]] = {
    "sysctl": (FORWARDING_OFF,),
    "rule": (USER_DROPS,),
    "both": (FORWARDING_OFF, USER_DROPS),
}


def test_verdict_place_cause_proof_repair_in_this_order() -> None:
    told = text(FORWARDING_OFF)
    places = [
        "1 problem: 2 of 8 flows fail\n",
        "✗ dropped  outside (192.0.2.10) → 198.51.100.11:8080/tcp (front)",
        "✓ delivered  host → 127.0.0.1:8080/tcp (front)",
        "cause[interface-forwarding-off]: eth0 does not forward IPv4",
        "This cause explains both flows that fail.",
        "/proc/sys/net/ipv4/conf/eth0/forwarding",
        "✗ forward ",
        "proof: dropped now, delivered with this change (simulated)",
        "      sysctl -w net.ipv4.conf.eth0.forwarding=1\n",
        "> /etc/sysctl.d/99-hairpin-ipv4-eth0-forwarding.conf",
        "note: no configuration file sets net.ipv4.conf.eth0.forwarding",
        "more: hairpin explain interface-forwarding-off",
        "Read on host1 at 2026-11-20T07:19:44Z; simulated: no packet was sent.",
    ]
    found = [told.find(place) for place in places]
    assert -1 not in found
    assert found == sorted(found)


@pytest.mark.parametrize("width", (60, 80, 120))
@pytest.mark.parametrize("language", ("en", "zh"))
@pytest.mark.parametrize("replacements", BROKEN.values(), ids=BROKEN)
def test_only_commands_are_wider_than_the_paper(
    replacements: tuple[Replacement, ...], language: str, width: int
) -> None:
    told = text(*replacements, language="zh" if language == "zh" else "en", width=width)
    wide = [line for line in told.splitlines() if cells(line) > width]
    assert [line for line in wide if not line.startswith("      ")] == []


@pytest.mark.parametrize("replacements", BROKEN.values(), ids=BROKEN)
def test_a_cause_is_printed_once_however_many_flows_it_stops(replacements: tuple[Replacement, ...]) -> None:
    told = text(*replacements, port=None)
    headings = [line for line in told.splitlines() if "cause[" in line and "latent" not in line]
    assert len(headings) == len(set(headings)) == len(replacements)


def test_another_host_that_publishes_the_port_is_named_before_the_causes() -> None:
    found = replace(answer(FORWARDING_OFF), elsewhere=(message("two publishes it"),))
    told = report_text(found, Words("en"), Paper())
    assert told.count("note: two publishes it\n") == 1
    assert told.index("✓ delivered") < told.index("note: two publishes it") < told.index("cause[")


def test_two_causes_say_that_both_have_to_go() -> None:
    told = text(FORWARDING_OFF, USER_DROPS, width=120)
    assert told.count("dropped now, delivered once both causes are fixed: 1, 2 (simulated)") == 2


def test_several_causes_are_numbered_and_say_what_they_explain() -> None:
    told = text(FORWARDING_OFF, USER_DROPS, port=None)
    assert told.startswith("2 problems: 7 of 23 flows fail\n")
    assert "✗ dropped  8080/tcp (front) over IPv4 from outside, lan\n" in told
    first, second = told.index("1. cause[interface-forwarding-off]"), told.index("2. cause[docker-user-drops]")
    assert first < told.index("This cause explains all 7 flows that fail.") < second
    assert second < told.index("This cause explains: 8080/tcp (front) over IPv4 from outside, lan")


def test_a_place_is_drawn_once() -> None:
    """The second cause's flows stop where the first one's do."""
    told = text(FORWARDING_OFF, USER_DROPS, port=None)
    assert told.count("✗ forward ") == 1
    assert text(FORWARDING_OFF, USER_DROPS, port=None, verbose=True).count("✗ forward ") == 2


def test_json_in_a_quote_takes_two_lines() -> None:
    whole = answer(FORWARDING_OFF)
    stated = '{"Name": "' + "long words " * 40 + '"}'
    reading = whole.causes[0].candidate.evidence[0]
    readings = tuple(
        replace(each, key="docker-containers", text=stated) if each.id == reading else each
        for each in whole.evidence[0].readings
    )
    found = replace(whole, evidence=(replace(whole.evidence[0], readings=readings), *whole.evidence[1:]))
    quoted = [line for line in report_text(found, Words(), Paper()).splitlines() if line.startswith("  │ ")]
    assert len(quoted) == 2
    assert quoted[1].endswith("…")


@pytest.mark.parametrize("width", (40, 80, 200))
def test_ascii_fits_as_well(width: int) -> None:
    told = report_text(answer(FORWARDING_OFF), Words(), Paper(width=width, ascii_only=True))
    assert told.isascii()
    assert "host -> 127.0.0.1:8080/tcp" in " ".join(told.split())
    assert [line for line in told.splitlines() if len(line) > width and not line.startswith("      ")] == []


def test_a_healthy_host_is_one_line_a_port() -> None:
    told = text(port=None)
    lines = [line for line in told.splitlines() if line.startswith("✓ delivered")]
    assert any("8080/tcp (front) from" in line for line in lines)
    assert "✗" not in told
    assert "cause[" not in told


def test_a_cause_to_come_names_its_event() -> None:
    found = answer(FORWARDING_OFF)
    passing = tuple(each for each in found.flows if each.succeeds)
    coming = replace(found.causes[0], severity="latent", remedies=(), flows=(passing[0].ref,))
    for event, named in (("docker-kill", "after docker-kill"), (None, "after this event")):
        cause = replace(coming, event=event)
        told = report_text(replace(found, flows=passing, causes=(cause,)), Words("en"), Paper())
        assert f"delivered now, dropped {named}\n" in told


def test_a_container_without_a_restart_policy_is_one_note_at_the_end() -> None:
    told = text(port=None)
    assert not told.startswith("1 future problem")
    assert told.count("note: after docker-restart: container") == 1
    assert " ".join(told.split()).count("(`docker update --restart unless-stopped") == 1
    assert told.index("note: after docker-restart") > told.rindex("✓ delivered")
    assert "latent cause[restart-policy-missing]: after docker-restart" in text(port=None, verbose=True)


def test_a_note_about_equal_hosts_is_one_line_that_names_them() -> None:
    alone = answer(port=None)
    this = alone.network.this
    two = replace(alone.network, hosts=(this, replace(this, name="node2", engines=())))
    latent = [each for each in alone.causes if each.id == "restart-policy-missing"]
    both = replace(alone, network=two, causes=(*latent, *(replace(each, host="node2") for each in latent)))
    told = " ".join(report_text(both, Words("en"), Paper()).split())
    assert told.count(f"note: {this.name}, node2: after docker-restart: container") == len(latent) == 1


def test_everything_is_listed_when_asked_for() -> None:
    told = text(port=None, verbose=True)
    assert told.count("✓ delivered  ") + told.count("✓ leaves the host  ") == len(answer(port=None).flows)


def test_chinese_leaves_commands_ids_and_addresses_alone() -> None:
    told = text(FORWARDING_OFF, language="zh")
    for verbatim in (
        "sysctl -w net.ipv4.conf.eth0.forwarding=1",
        "[interface-forwarding-off]",
        "198.51.100.11:8080/tcp",
    ):
        assert verbatim in told
    assert "eth0 不转发 IPv4" in told
    assert "repair" not in told


def test_unread_parts_are_listed_with_the_remedy() -> None:
    unread = Unread("iptables-nft-save4", "host", "iptables-save -c", "Permission denied", "e8")
    found = replace(answer(), unread=(unread,))
    told = report_text(found, Words(), Paper())
    assert "whether a rule drops or translates packets: iptables-save -c in host" in told
    assert told.startswith("Not all of the host could be read: run hairpin as root.\n")


def test_parts_that_are_not_rebuilt_take_one_line_with_a_count() -> None:
    """A host of which one part is not rebuilt has a reason for each of its flows."""
    reasons = tuple(Unread("replica", "", "replica", f"reason {number}", "") for number in range(28))
    found = replace(answer(), unread=reasons)
    short, full = (report_text(found, Words("en"), Paper(), verbose=verbose) for verbose in (False, True))
    assert short.count("Not replayed") == 1
    assert "Not replayed: reason 0; and 27 more (-v lists them)" in short
    assert full.count("Not replayed") == 28
    alone = report_text(replace(answer(), unread=reasons[:1]), Words("en"), Paper())
    assert "Not replayed: reason 0\n" in alone


def test_a_flow_that_passes_on_the_walk_alone_is_undecided_and_gets_a_line_of_its_own() -> None:
    disputed = proven(Judgement(trace().flow, "dropped"), file="/x")
    question = replace(disputed.question, kind="check")
    told = report_text(replace(disputed, question=question), Words("en"), Paper(width=400))
    assert "? undecided" in told
    assert (
        "not confirmed by the kernel: 192.0.2.10 to 198.51.100.11:8080/tcp: simulated delivered, the kernel"
    ) in told
    assert "please report this bug with /x" in told
    assert "simulated: no packet was sent" in told


def test_a_passing_flow_that_an_open_question_can_stop_has_no_tick() -> None:
    found = answer(FORWARDING_OFF)
    first = next(each.ref for each in found.flows if each.succeeds)
    asked = OpenQuestion(message("Is it?"), message("y"), message("n"), ())
    breaking, harmless = (replace(asked, breaks_if=each) for each in ("no", ""))
    shown = [
        report_text(replace(found, questions=(QuestionAnswer("q1", each, (first,)),)), Words(), Paper(width=80))
        for each in (breaking, harmless)
    ]
    assert [each.count("? delivered (see the question)  ") for each in shown] == [1, 0]
    assert shown[0].count("✓ delivered  ") == shown[1].count("✓ delivered  ") - 1


def test_clients_that_a_rule_keeps_out_have_their_line_and_are_no_problem() -> None:
    keeps_out = ("-A DOCKER-USER -j RETURN", "-A DOCKER-USER -s 192.0.2.0/24 -j DROP\n[0:0] -A DOCKER-USER -j RETURN")
    shown = text(keeps_out)
    assert "a rule keeps other clients out\n" in shown.partition("\n\n")[0] + "\n"
    assert "– kept out  outside (192.0.2.10) → " in shown
    assert "– kept out" not in text()
    assert "– kept out" not in text(USER_DROPS)


def test_an_unexplained_failure_shows_its_place() -> None:
    whole = answer(FORWARDING_OFF)
    bare = tuple(replace(each, causes=()) for each in whole.flows)
    found = replace(whole, flows=bare, causes=())
    told = report_text(found, Words(), Paper())
    assert "✗ forward " in told
    assert "No cause that hairpin knows explains this" in told
    place = "The packet stops on eth0 of host: forwarding is off (net.ipv4.conf.eth0.forwarding ="
    assert place in " ".join(told.split())


def _of_the_mesh(found: Answer) -> Answer:
    """Return the answer whose failing flows end over IPv6 at a port of the swarm's mesh."""
    flows: list[FlowAnswer] = []
    for each in found.flows:
        stop, trace = each.stop, each.trace
        if stop is not None:
            packet = replace(stop.seen.packet, version=6, daddr=1, dport=8080)
            seen = replace(stop.seen, packet=packet)
            held = replace(stop, reason="never-accepts", seen=seen)
            branch = replace(trace.usual, stop=held)
            trace = replace(trace, branches=(branch,))
        flows.append(replace(each, causes=(), trace=trace))
    host = found.network.this
    engines = tuple(replace(each, mesh=(MeshPort("tcp", 8080),)) for each in host.engines)
    within = found.network.with_host(replace(host, engines=engines))
    return replace(found, flows=tuple(flows), causes=(), network=within)


def test_a_known_limit_of_the_engine_asks_for_no_snapshot() -> None:
    told = " ".join(report_text(_of_the_mesh(answer(FORWARDING_OFF)), Words(), Paper()).split())
    assert "Port 8080 belongs to a swarm's service" in told
    assert "No cause that hairpin knows" not in told


def test_no_flow_at_all_is_a_sentence() -> None:
    whole = answer()
    alone = whole.network.with_host(replace(whole.network.this, engines=()))
    asked = replace(whole, flows=(), causes=(), evidence=())
    cases = {
        "No container that runs here publishes a port": asked,
        "No container engine is installed here": replace(asked, network=alone),
        "hairpin does not know which ports are published": replace(
            asked, unread=(Unread("docker-socket", "", "/var/run/docker.sock", "Permission denied", "e1"),)
        ),
    }
    for sentence, found in cases.items():
        assert sentence in report_text(found, Words(), Paper())


def test_the_command_that_repairs_is_named_where_a_plan_has_a_step() -> None:
    whole, command = answer(FORWARDING_OFF), "hairpin fix 8080 --apply"
    assert f"`{command}`" in report_text(whole, Words(), Paper(), fixing=command)
    assert "hairpin fix" not in report_text(whole, Words(), Paper())
    assert "hairpin fix" not in report_text(answer(), Words(), Paper(), fixing=command)
    (cause,) = whole.causes
    by_hand = tuple(replace(each, by_person=True) for each in cause.remedies)
    found = replace(whole, causes=(replace(cause, remedies=by_hand),))
    assert "hairpin fix" not in report_text(found, Words(), Paper(), fixing=command)


def test_a_cause_without_a_remedy_is_printed_without_one() -> None:
    whole = answer(FORWARDING_OFF)
    found = replace(whole, causes=(replace(whole.causes[0], remedies=()),))
    told = report_text(found, Words(), Paper())
    assert "repair now" not in told
