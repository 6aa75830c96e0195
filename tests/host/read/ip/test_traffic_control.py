"""Queueing disciplines and filters of links."""

import json

from hairpin.evidence.reading import text_reading
from hairpin.host.link import Link
from hairpin.host.read.ip.traffic_control import Filtered, filtered, qdiscs, with_filters, with_qdiscs
from hairpin.host.traffic_control import Filter, Qdisc
from tests.rows import each_row

FILTER = '[{"protocol":"all","pref":49152,"kind":"bpf","chain":0}]'
CASES: dict[str, tuple[str, str, tuple[str, str, bool] | None]] = {
    "ingress": (FILTER, "tc -j filter show dev eth0 ingress", ("eth0", "ingress", True)),
    "egress": (FILTER, "tc -j filter show dev eth0 egress", ("eth0", "egress", True)),
    "of a queueing discipline": (FILTER, "tc -j -d filter show dev eth0", ("eth0", "root", True)),
    "words": ("filter protocol all pref 1 bpf", "tc -d filter show dev eth0 ingress", ("eth0", "ingress", False)),
    "none": ("[]\n", "tc -j filter show dev eth0 ingress", None),
    "none, in words": ("", "tc filter show dev eth0 ingress", None),
    "of what": (FILTER, "tc -j filter show", None),
}


@each_row(("text", "origin", "expected"), CASES.values(), ids=CASES)
def test_filtered(text: str, origin: str, expected: tuple[str, str, bool] | None) -> None:
    found = filtered(text_reading(text, origin))
    assert (None if found is None else (found.link, found.place, found.filters is not None)) == expected


def test_with_filters() -> None:
    links = (Link(1, "eth0"), Link(2, "eth1"), Link(3, "eth2"))
    known = Filter("egress", "matchall", 1)
    found = (Filtered("eth0", "ingress"), Filtered("eth1", "root"), Filtered("eth2", "egress", (known,)))
    marked = with_filters(links, found)
    assert [(item.tc_ingress, item.tc_egress) for item in marked] == [(True, False), (False, True), (False, False)]
    assert marked[2].filters == (known,)
    assert with_filters(links, ()) == links


# kind, its options in JSON, in words, what is kept (iproute2 6.1, Linux 6.1)
QDISCS: dict[str, tuple[str, str, str, Qdisc | None]] = {
    "netem": (
        "netem", '{"limit":1000,"loss-random":{"loss":1,"correlation":0},"ecn":false,"gap":0}', "limit 1000 loss 100%",
        Qdisc("netem", "1:", limit=1000, loss=1.0, words=("limit", "1000", "loss", "100%")),
    ),
    "netem with a delay": (
        "netem", '{"limit":1000,"delay":{"delay":0.005,"jitter":0,"correlation":0},"ecn":false,"gap":0}',
        "limit 1000 delay 5ms", Qdisc("netem", "1:", limit=1000, words=("limit", "1000", "delay", "5ms")),
    ),
    "pfifo": ("pfifo", '{"limit":0}', "limit 0p", Qdisc("pfifo", "1:", limit=0, words=("limit", "0"))),
    "bfifo": ("bfifo", '{"limit":100}', "limit 100b", Qdisc("bfifo", "1:", limit=100, words=("limit", "100"))),
    "tbf": (
        "tbf", '{"rate":125000,"burst":2000,"limit":60}', "rate 1000000bit burst 2000 limit 60b",
        Qdisc("tbf", "1:", limit=60, burst_bytes=2000,
              words=("rate", "1000000bit", "burst", "2000", "limit", "60")),
    ),
    "blackhole": ("blackhole", "{}", "", Qdisc("blackhole", "1:")),
    "what shares fairly": ("fq_codel", '{"limit":1}', "limit 1p", None),
}  # fmt: skip


@each_row(("kind", "options", "words", "expected"), QDISCS.values(), ids=QDISCS)
def test_qdiscs(kind: str, options: str, words: str, expected: Qdisc | None) -> None:
    document = [{"kind": kind, "handle": "1:", "dev": "eth0", "root": True, "options": json.loads(options)}]
    wanted = (("eth0", expected),) if expected is not None else ()
    assert qdiscs(text_reading(json.dumps(document), "")) == wanted
    assert qdiscs(text_reading(f"qdisc {kind} 1: dev eth0 root refcnt 2 {words}\n", "")) == wanted


def test_a_child() -> None:
    first = "qdisc tbf 1: dev eth0 root refcnt 2 rate 1Mbit burst 10Kb lat 50ms "
    (_, root), (_, child) = qdiscs(text_reading(f"{first}\nqdisc pfifo 2: dev eth0 parent 1:1 limit 0p", ""))
    assert (root.burst_bytes, root.words) == (10240, ("rate", "1Mbit", "burst", "10Kb", "latency", "50ms"))
    assert (child.parent, child.limit) == ("1:1", 0)
    (link,) = with_qdiscs((Link(1, "eth0"),), (("eth0", root), ("eth0", child), ("eth1", root)))
    assert link.qdiscs == (root, child)


def test_options_that_are_no_json() -> None:
    """iproute2 6.1 prints those of hfsc so."""
    text = '[{"kind":"hfsc","handle":"8012:","dev":"v0","root":true,"options":{default 1a }}]'
    assert qdiscs(text_reading(text, "")) == (("v0", Qdisc("hfsc", "8012:", default=0x1A)),)
    assert qdiscs(text_reading("qdisc hfsc 1: dev v0 root refcnt 2 default 0x1a", "")) == (
        ("v0", Qdisc("hfsc", "1:", default=0x1A, words=("default", "0x1a"))),
    )
    assert qdiscs(text_reading('[{"kind":"hfsc", "options":{', "")) == ()


def test_classes_are_kept_beside_a_discipline_that_may_drop() -> None:
    text = """qdisc htb 1: dev eth0 root refcnt 2 r2q 10 default 0x10 direct_packets_stat 0
qdisc pfifo 20: dev eth0 parent 1:20 limit 0p
qdisc prio 1: dev eth1 root refcnt 2 bands 3 priomap 1 2 2 2
"""
    (link, other) = with_qdiscs((Link(1, "eth0"), Link(2, "eth1")), qdiscs(text_reading(text, "")))
    assert [(each.kind, each.default) for each in link.qdiscs] == [("htb", 0x10), ("pfifo", None)]
    assert other.qdiscs == ()
    assert [each.priomap for _, each in qdiscs(text_reading(text, ""))][-1] == (1, 2, 2, 2)
