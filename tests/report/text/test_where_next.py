"""The last lines of an answer in which everything passes."""

import pytest
from msgspec.structs import replace

from hairpin.answer.answer import Answer
from hairpin.network.prefix import address_text
from hairpin.report.paper import Paper
from hairpin.report.text.where_next import write_where_next
from hairpin.report.words import Words
from hairpin.walk.walk import walk_flow
from tests.report.answers import FORWARDING_OFF, answer, text
from tests.two_hosts import node
from tests.walk.granted.test_far_end_hints import FLOW, with_entries


def last(found: Answer) -> list[str]:
    """Return the lines."""
    paper = Paper(width=100, coloured=False, ascii_only=False)
    write_where_next(found, Words("en"), paper)
    return paper.text().strip().splitlines()


def test_the_way_before_the_host_is_shown_by_tcpdump() -> None:
    line = " ".join(last(answer())[1:])
    assert line.startswith(
        "Still timing out? Run `tcpdump -ni eth0 port 8080` while a client tries. If it shows no SYN, "
    )
    assert line.endswith(" is lost before this host: in a router, or in the provider's firewall.")
    assert " ".join(text().split()).endswith(line)


def test_where_this_host_keeps_clients_out_nobody_looks_before_it() -> None:
    found = answer()
    kept_out = replace(found, kept_out=(found.flows[0].trace.flow,))
    assert "before this host" not in " ".join(last(kept_out))


def test_of_several_ports_none_is_named() -> None:
    assert "port PORT`" in " ".join(last(answer(port=None)))


def test_an_uplink_without_a_router_is_said_not_to_be_asked() -> None:
    """Which clients it has is not known."""
    assert last(answer())[0] == "Not checked: eth1 (`hairpin check 198.18.0.11:8080`)."


def test_a_datagram_has_no_syn() -> None:
    found = answer()
    flows = tuple(
        replace(each, trace=replace(each.trace, flow=replace(each.trace.flow, protocol="udp"))) for each in found.flows
    )
    assert "the packet is lost before this host" in " ".join(last(replace(found, flows=flows)))


@pytest.mark.parametrize("found", (answer(FORWARDING_OFF), answer(origin="host"), answer(origin="lan")))
def test_where_a_flow_fails_or_no_outside_client_was_asked_there_is_nothing(found: Answer) -> None:
    assert last(found) == []


def test_a_way_out_is_followed_by_tcpdump() -> None:
    found = answer(port=None)
    left = next(each for each in found.flows if each.verdict == "leaves")
    flow = replace(left.trace.flow, purpose="asked")
    asked = replace(left, trace=replace(left.trace, flow=flow))
    text = " ".join(last(replace(found, flows=(asked,))))
    address = address_text(flow.daddr, flow.version)
    assert text == (
        f"Still no answer? Run `tcpdump -ni eth0 'tcp port 443 and host {address}'`. If packets leave and no answer "
        f"comes, they are lost behind this host, on the way to {address} or on {address} (--host {address} lets "
        f"hairpin read {address}). If a packet with flag R comes back, {address} itself refuses: nothing listens on "
        "port 443 there, or a firewall there rejects."
    )
    assert last(replace(found, flows=(left,))) == []


def test_a_datagram_that_leaves_has_no_flag() -> None:
    found = answer(port=None)
    left = next(each for each in found.flows if each.verdict == "leaves")
    flow = replace(left.trace.flow, purpose="asked", protocol="udp")
    asked = replace(left, trace=replace(left.trace, flow=flow))
    text = " ".join(last(replace(found, flows=(asked,))))
    assert text.startswith("Still no answer?")
    assert "flag R" not in text


def test_of_a_tunnel_the_outer_packet_is_shown_here_and_the_inner_one_there() -> None:
    trace = walk_flow(with_entries(node("one")), FLOW)
    found = answer(port=None)
    flow = replace(found.flows[0], trace=trace)
    text = " ".join(last(replace(found, flows=(flow,))))
    assert "`tcpdump -ni eth0 'udp port 8472 and host 198.51.100.12'` shows the outer packets." in text
    assert "On 198.51.100.12, `tcpdump -ni any 'tcp port 80 and host 10.244.2.0'` shows the unpacked packets" in text
    assert "lost behind this host" in text
    assert "--host 198.51.100.12 lets hairpin read 198.51.100.12" in text
    assert "flag R" not in text
