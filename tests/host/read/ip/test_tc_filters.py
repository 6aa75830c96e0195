"""Filters as iproute2 6.1 prints them on Linux 6.1."""

from hairpin.host.read.ip.tc_filters import parsed
from hairpin.host.traffic_control import BitsMatch, FilterAction, FilterMatch, HeaderMatch, UnknownMatch
from tests.rows import each_row

GACT = (
    '"actions":[{"order":1,"kind":"gact","control_action":{"type":"%s"},"prob":{"random_type":"none",'
    '"control_action":{"type":"pass"},"val":0},"index":1,"ref":1,"bind":1}]'
)
DROP, PASS = GACT % "drop", GACT % "pass"
HEAD = '{"protocol":"ip","pref":5,"kind":"%s","chain":0}'
TCP = HeaderMatch("protocol", 6, 6)

# kind, options, matches, action, as tc takes them
CASES: dict[str, tuple[str, str, tuple[FilterMatch, ...], FilterAction, str | None]] = {
    "u32": (
        "u32", '"fh":"800::800","order":2048,"key_ht":"800","bkt":"0","not_in_hw":true,"match":{"value":"50",'
        '"mask":"ffff","offmask":"","off":20},"match":{"value":"60000","mask":"ff0000","offmask":"","off":8},' + DROP,
        (BitsMatch(20, 0xFFFF, 0x50), BitsMatch(8, 0xFF0000, 0x60000)), "drop",
        "match u32 0x50 0xffff at 20 match u32 0x60000 0xff0000 at 8 action drop",
    ),
    "u32 that only sorts": (
        "u32", ('"fh":"801::800","key_ht":"801","flowid":"1:1","match":{"value":"a010000","mask":"ffff0000",'
        '"offmask":"","off":12}'), (BitsMatch(12, 0xFFFF0000, 0xA010000),), "pass",
        "match u32 0xa010000 0xffff0000 at 12 flowid 1:1",
    ),
    "u32 behind the header": (
        "u32", '"fh":"801::800","match":{"value":"50","mask":"ffff","offmask":"0","off":0},' + DROP,
        (UnknownMatch(),), "drop", None,
    ),
    "flower": (
        "flower", '"handle":1,"keys":{"eth_type":"ipv4","ip_proto":"tcp","dst_ip":"1.2.3.4","dst_port":443},'
        '"not_in_hw":true,' + DROP, (TCP, HeaderMatch("daddr", 0x01020304, 0x01020304), HeaderMatch("dport", 443, 443)),
        "drop", "ip_proto tcp dst_ip 1.2.3.4 dst_port 443 action drop",
    ),
    "flower of ICMPv6": (
        "flower", '"handle":1,"keys":{"eth_type":"ipv6","ip_proto":"icmpv6","icmp_type":"2","icmp_code":"0"},' + PASS,
        (HeaderMatch("protocol", 58, 58), HeaderMatch("icmp-type", 2, 2), HeaderMatch("icmp-code", 0, 0)), "pass",
        "ip_proto icmpv6 type 2 code 0 action pass",
    ),
    "flower of flags": (
        "flower", '"handle":1,"keys":{"eth_type":"ipv4","ip_flags":"frag"},' + DROP, (UnknownMatch(),), "drop", None,
    ),
    "matchall": ("matchall", '"handle":1,"not_in_hw":true,' + DROP, (), "drop", "action drop"),
    "redirected": (
        "matchall", ('"handle":1,"actions":[{"order":1,"kind":"mirred","mirred_action":"redirect","direction":"egress",'
        '"to_dev":"v1","control_action":{"type":"stolen"},"index":1}]'), (), "redirect",
        "action mirred egress redirect dev v1",
    ),
    "mirrored": (
        "matchall", ('"handle":1,"actions":[{"order":1,"kind":"mirred","mirred_action":"mirror","direction":"egress",'
        '"to_dev":"v1","control_action":{"type":"pipe"},"index":1}]'), (), "pass", "action pass",
    ),
    "policed": (
        "matchall", ('"handle":1,"actions":[{"order":1,"kind":"police","index":1,"control_action":{"type":"drop"},'
        '"overhead":0,"linklayer":"ethernet","ref":1,"bind":1}]'), (), "pass", "action pass",
    ),
    "by chance": (
        "matchall", '"handle":1,' + DROP.replace('"none"', '"determ"'), (), "unknown", None,
    ),
    "marked": (
        "matchall", '"handle":1,"actions":[{"order":1,"kind":"skbedit","mark":5,"control_action":{"type":"pipe"}}]',
        (), "unknown", None,
    ),
    "eBPF that only sorts": ("bpf", '"handle":"0x1","bpf_name":"x","flowid":"1:1"', (UnknownMatch(),), "pass", None),
    "eBPF": ("bpf", '"handle":"0x1","bpf_name":"x","direct-action":true', (UnknownMatch(),), "unknown", None),
}  # fmt: skip


@each_row(("kind", "options", "matches", "action", "words"), CASES.values(), ids=CASES)
def test_parsed(
    kind: str, options: str, matches: tuple[FilterMatch, ...], action: FilterAction, words: str | None
) -> None:
    one = f'{{"protocol":"ip","pref":5,"kind":"{kind}","chain":0,"options":{{{options}}}}}'
    found = parsed(f"[{HEAD % kind},{one}]", "ingress", "e1")
    assert found is not None
    (last,) = found
    assert (last.matches, last.action, " ".join(last.words) if last.words is not None else None) == (
        matches, action, words,
    )  # fmt: skip


def test_a_filter_without_its_options_may_do_anything() -> None:
    found = parsed(f"[{HEAD % 'bpf'}]", "ingress", "e1")
    assert found is not None
    assert [(each.matches, each.action) for each in found] == [((UnknownMatch(),), "unknown")]


def test_where_it_stands() -> None:
    table = '{"protocol":"ip","pref":49152,"kind":"u32","chain":0,"options":{"fh":"800:","ht_divisor":1}}'
    one = f'{{"protocol":"ip","pref":49152,"kind":"u32","chain":0,"options":{{"fh":"800::800",{DROP}}}}}'
    found = parsed(f"[{HEAD % 'u32'},{table},{one}]", "egress", "e1")
    assert found is not None
    assert [(each.place, each.pref, each.handle, each.protocol, each.evidence) for each in found] == [
        ("egress", 49152, "800::800", "ip", "e1")
    ]


def test_what_is_no_json() -> None:
    text = '[{"protocol":"all","pref":11,"kind":"fw","chain":0,"options":{handle 0x6 \n"actions":[]}}]'
    assert parsed(text, "ingress", "e1") is None
    assert parsed("filter protocol all pref 1 bpf", "ingress", "e1") is None
