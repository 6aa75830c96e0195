"""Connections without an answer make the user's question of a flow that leaves, or whose answer does."""

import msgspec

from hairpin.answer.questions import questions_of
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.walk import walk_flow
from tests.conntrack_lines import entries, from_client, to_server
from tests.rows import each_row
from tests.small_host import egress, host_namespace, network, published

ASKED, WAY_OUT = (msgspec.structs.replace(egress(), purpose=each) for each in ("asked", "egress"))
INVENTED = msgspec.structs.replace(published(), invented=True)


def with_entries(*lines: str) -> Network:
    return network(msgspec.structs.replace(host_namespace(), connections=entries(*lines)))


def questions(flow: Flow, *lines: str) -> tuple[OpenQuestion, ...]:
    trace = walk_flow(with_entries(*lines), flow)
    assert trace.verdict in ("leaves", "delivered")
    return trace.questions


SILENT: dict[str, tuple[Flow, tuple[str, ...]]] = {
    "no answer came": (ASKED, (to_server("SYN_SENT", 110),)),
    "none came yet, to the very server that is asked about": (ASKED, (to_server("SYN_SENT", 119),)),
    "the last answer is older": (ASKED, (to_server("SYN_SENT", 117), to_server("TIME_WAIT", 100, sport=40002))),
    "many wait at once": (WAY_OUT, (to_server("SYN_SENT", 119), to_server("SYN_SENT", 119, sport=40002))),
    "a client's ACK never came": (published(), (from_client("SYN_RECV", 50),)),
    "that of any client, if none was named": (INVENTED, (from_client("SYN_RECV", 50, client="203.0.113.5"),)),
    "other clients got through before": (
        published(), (from_client("SYN_RECV", 58), from_client("TIME_WAIT", 90, sport=50002)),
    ),
}  # fmt: skip


@each_row(("flow", "lines"), SILENT.values(), ids=SILENT)
def test_a_silence_is_asked_about(flow: Flow, lines: tuple[str, ...]) -> None:
    (asked,) = questions(flow, *lines)
    assert asked.breaks_if == "no"
    assert "lost behind this host" in str(asked.if_no)


HEARD: dict[str, tuple[Flow, tuple[str, ...]]] = {
    "no entry": (ASKED, ()),
    "an answer came": (ASKED, (to_server("ESTABLISHED", 431990),)),
    "an answer came since": (ASKED, (to_server("SYN_SENT", 100), to_server("TIME_WAIT", 118, sport=40002))),
    "another server's": (ASKED, (to_server("SYN_SENT", 100, server="203.0.113.81"),)),
    "another port's": (ASKED, (to_server("SYN_SENT", 100, port=25),)),
    "one that is under way": (WAY_OUT, (to_server("SYN_SENT", 119),)),
    "a client got through since": (
        INVENTED, (from_client("SYN_RECV", 50), from_client("ESTABLISHED", 431999, sport=50002)),
    ),
    "another client's, if one was named": (published(), (from_client("SYN_RECV", 50, client="203.0.113.5"),)),
    "a neighbour's, of a client behind the router": (INVENTED, (from_client("SYN_RECV", 50, client="198.51.100.30"),)),
}  # fmt: skip


@each_row(("flow", "lines"), HEARD.values(), ids=HEARD)
def test_where_answers_come_nothing_is_asked(flow: Flow, lines: tuple[str, ...]) -> None:
    assert questions(flow, *lines) == ()


def test_the_question_names_the_client_and_how_to_watch() -> None:
    (asked,) = questions(
        published(Outside(parse_address("203.0.113.9")[1])), from_client("SYN_RECV", 40, client="203.0.113.9")
    )
    assert str(asked.text) == (
        "Do the answers to 203.0.113.9 arrive? 203.0.113.9 asked for port 8151, the SYN-ACK left through eth0, "
        "and no ACK came back (conntrack entries in SYN_RECV: 1)"
    )
    assert [each.of for each in asked.wanted] == [("eth0", "tcp port 8151 and host 203.0.113.9")]


def test_datagrams_to_a_collector_need_no_answer() -> None:
    for port, count in ((514, 0), (9999, 1)):
        line = (
            f"ipv4     2 udp      17 20 src=172.17.0.2 dst=203.0.113.80 sport=4000 dport={port} [UNREPLIED] "
            f"src=203.0.113.80 dst=198.51.100.11 sport={port} dport=4000"
        )
        flow = msgspec.structs.replace(ASKED, protocol="udp", dport=port)
        assert len(questions(flow, line)) == count


def test_a_silent_name_server_is_called_one() -> None:
    asking = msgspec.structs.replace(egress(), purpose="dns", container="web")
    lines = (to_server("SYN_SENT", 100), to_server("SYN_SENT", 100, sport=40002))
    (asked,) = questions(asking, *lines)
    assert "203.0.113.80, the DNS server of web, answer on port 443/tcp?" in str(asked.text)
    assert "The server resolves no name for web" in str(asked.if_no)


def test_a_silent_name_server_of_several_containers_is_asked_about_once() -> None:
    lines = (to_server("SYN_SENT", 100), to_server("SYN_SENT", 100, sport=40002))
    built = with_entries(*lines)
    traces = [
        (ref, walk_flow(built, msgspec.structs.replace(egress(), purpose="dns", container=name, sport=port)))
        for ref, name, port in (("f1", "web", 40010), ("f2", "db", 40012), ("f3", "web", 40014))
    ]
    (asked,) = questions_of(built, traces)
    assert asked.flows == ("f1", "f2", "f3")
    assert "the DNS server of web, db, answer" in str(asked.question.text)
    assert "The server resolves no name for web, db. " in str(asked.question.if_no)
