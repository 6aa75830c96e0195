"""The drawn path: the steps that decided something, the translations, and the stop."""

from msgspec.structs import replace

from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.report.paper import Paper
from hairpin.report.places import places_of
from hairpin.report.text.path import draw, hops, walk_text
from hairpin.report.words import Words
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import with_link, with_second_uplink, without_route
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, answer
from tests.small_host import host_namespace, network, published


def drawn(*replacements: Replacement, width: int = 80, every: bool = False, number: int = 0) -> str:
    paper = Paper(width=width)
    asked = answer(*replacements)
    draw(asked.flows[number].trace, paper, Words(), places_of(asked), every=every)
    return paper.text()


def test_the_drawn_path_ends_at_the_stop() -> None:
    assert drawn(FORWARDING_OFF) == (
        "    ● outside (192.0.2.10)\n"
        "    │ device-in    eth0\n"
        "    │ prerouting   eth0      nat DOCKER 5: DNAT  → 172.21.0.2:80\n"
        "    ✗ forward      eth0      net.ipv4.conf.eth0.forwarding = 0\n"
        "                   forwarding is off\n"
        "    ┆\n"
        "    ○ front 172.21.0.2:80/tcp\n"
    )


def test_the_answer_is_drawn_when_it_is_the_answer_that_is_lost() -> None:
    (bridge,) = {
        hop.link for hop in hops(answer().flows[0].trace.usual.request, Words()) if hop.link.startswith("br-")
    } or {
        next(
            step.link
            for step in answer().flows[0].trace.usual.reply
            if step.netns.is_host and step.link.startswith("br-")
        )
    }
    lost = (f"/ipv4/conf/{bridge}/forwarding:1", f"/ipv4/conf/{bridge}/forwarding:0")
    lines = drawn(lost).splitlines()
    assert lines[0] == "    answer"
    assert lines[1] == "    ● front 172.21.0.2:80/tcp"
    assert lines[-1] == "    ○ outside (192.0.2.10)"
    assert "    │ ─ container:front" in lines


def test_a_long_rule_goes_below_on_narrow_paper_and_stays_whole() -> None:
    text = drawn(USER_DROPS, width=60)
    assert "✗ forward" in text
    joined = " ".join(line.strip(" │") for line in text.splitlines())
    assert "filter DOCKER-USER 1: -i eth0 -p tcp -m conntrack --ctorigdstport 8080 -j DROP" in joined
    assert all(len(line) <= 60 for line in text.splitlines())


def test_a_policy_stops_the_packet_at_its_own_stage() -> None:
    down = with_link(host_namespace(), "docker0", up=False)
    paper = Paper(width=80)
    draw(walk_flow(network(without_route(down, 0xAC110000)), published()), paper, Words())
    assert "    ✗ forward      eth0      filter FORWARD: -P FORWARD DROP\n" in paper.text()


def test_the_way_back_that_decides_is_drawn() -> None:
    """Strict reverse path: the route that the reply would take."""
    paper = Paper(width=80)
    draw(walk_flow(with_second_uplink(rp_filter="1"), published()), paper, Words())
    above, _, below = paper.text().partition("    ✗ ")
    assert "back to 192.0.2.10: 192.0.2.0/24 via 203.0.113.1 dev eth1" in " ".join(above.replace("│", "").split())
    assert below.startswith("input-route  eth0      net.ipv4.conf.eth0.rp_filter = 1\n")


def test_every_step_when_asked_for() -> None:
    trace = answer().flows[0].trace
    assert len(list(hops(trace.usual.request, Words(), every=True))) == len(trace.usual.request)
    text = drawn(every=True)
    assert "    request\n" in text
    assert "    answer\n" in text
    assert text.count("✓") == 2


def test_request_and_answer() -> None:
    told = walk_text(answer(kind="walk"), Words(), Paper())
    assert told.startswith("✓ delivered  outside (192.0.2.10) → 198.51.100.11:8080/tcp\n")
    assert told.index("    request\n") < told.index("    answer\n")
    assert "postrouting" in told


def test_a_lost_request_has_no_answer() -> None:
    told = walk_text(answer(FORWARDING_OFF, kind="walk"), Words(), Paper())
    assert told.startswith("✗ dropped")
    assert "answer\n" not in told


def test_each_branch_is_printed_under_its_conditions() -> None:
    whole = answer(kind="walk")
    trace = whole.flows[0].trace
    maybe = (Condition(message("the moon is full"), holds=True), Condition(message("it rains"), holds=False))
    lost = answer(FORWARDING_OFF).flows[0].trace.usual
    forked = replace(trace, verdict="depends", branches=(replace(trace.usual, conditions=maybe), lost))
    flows = (replace(whole.flows[0], trace=forked),)
    told = walk_text(replace(whole, flows=flows), Words(), Paper())
    assert told.startswith("? undecided")
    assert "✓ delivered  way 1\n    if the moon is full\n    unless it rains\n" in told
    assert "✗ dropped  way 2" in told
