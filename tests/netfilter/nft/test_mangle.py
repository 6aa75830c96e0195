from hairpin.netfilter.ir import FULL_MASK, FieldMatch, NoEffect, Outside, SetField, SetZone
from hairpin.netfilter.nft.fields import HAS_CONNECTION, Operand
from hairpin.netfilter.nft.mangle import assign, mangle
from hairpin.netfilter.nft.scope import Choice, Parts, Scope
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

SCOPE = Scope("inet", "t")
IPV4, TCP = FieldMatch("nfproto", ((2, 2),)), FieldMatch("protocol", ((6, 6),))
MARK: Json = {"meta": {"key": "mark"}}
CT_MARK: Json = {"ct": {"key": "mark"}}
SADDR: Json = {"payload": {"protocol": "ip", "field": "saddr"}}
DSCP: Json = {"payload": {"protocol": "ip", "field": "dscp"}}
OPTION: Json = {"tcp option": {"name": "maxseg", "field": "size"}}


def mapped(key: Json, *elements: Json) -> Json:
    return {"map": {"key": key, "data": {"set": list(elements)}}}


def unknown(name: str, text: str) -> Outside:
    return Outside(name, text, ends=False)


CASES: dict[str, tuple[Json, Json, Parts]] = {
    "mark": (MARK, 5, (SetField("mark", value=5),)),
    "some bits": ({"meta": {"key": "mark"}}, {"|": [{"&": [MARK, 0xFFFF0010]}, 0x10]}, (
        SetField("mark", 0xFFFF0000, 0x10),
    )),
    "flipped bits": (MARK, {"^": [MARK, 0x10]}, (SetField("mark", FULL_MASK, 0x10),)),
    "restored": (MARK, CT_MARK, (HAS_CONNECTION, SetField("mark", source="ct-mark"))),
    "restored in part": (MARK, {"&": [CT_MARK, 0xFF]}, (
        HAS_CONNECTION, SetField("mark", source="ct-mark", source_mask=0xFF),
    )),
    "saved": (CT_MARK, MARK, (SetField("ct-mark", source="mark"),)),
    "saved with a bit": (CT_MARK, {"|": [MARK, 0x100]}, (
        SetField("ct-mark", source="mark", source_mask=0xFFFFFEFF), SetField("ct-mark", FULL_MASK, 0x100),
    )),
    "two marks": (MARK, {"|": [{"&": [MARK, 0xFF00]}, {"&": [CT_MARK, 0xFF]}]}, (
        SetField("mark", 0xFF00, source="ct-mark", source_mask=0xFF),
    )),
    "two marks and a bit": (MARK, {"^": [{"&": [CT_MARK, 0xFF]}, {"^": [MARK, 1]}]}, (
        SetField("mark", FULL_MASK, source="ct-mark", source_mask=0xFF), SetField("mark", FULL_MASK, 1),
    )),
    "two marks that overlap": (MARK, {"|": [MARK, CT_MARK]}, (
        unknown("meta mark", "meta mark set meta mark | ct mark"),
    )),
    "two other fields": (MARK, {"|": [CT_MARK, SADDR]}, (
        IPV4, unknown("meta mark", "meta mark set ct mark | ip saddr"),
    )),
    "shifted": (MARK, {"<<": [MARK, 8]}, (unknown("meta mark", "meta mark set meta mark << 8"),)),
    "dice": (MARK, {"numgen": {"mode": "inc", "mod": 4, "offset": 0}}, (
        unknown("meta mark", "meta mark set numgen inc mod 4"),
    )),
    "header field": (DSCP, "cs1", (IPV4, SetField("dscp", value=8))),
    "address": (SADDR, "10.0.0.1", (IPV4, SetField("saddr4", value=0x0A000001))),
    "packet type": (
        {"meta": {"key": "pkttype"}}, "host",
        (Outside("pkttype", "meta pkttype set host", unless=FieldMatch("pkttype", ((0, 0),))),),
    ),
    "type of icmp": (
        {"payload": {"protocol": "icmp", "field": "type"}}, 0,
        (IPV4, FieldMatch("protocol", ((1, 1),)), unknown("icmp type", "icmp type set 0")),
    ),
    "protocol": (
        {"payload": {"protocol": "ip", "field": "protocol"}}, "udp",
        (IPV4, unknown("ip protocol", "ip protocol set udp")),
    ),
    "identification": (
        {"payload": {"protocol": "ip", "field": "id"}}, 0, (IPV4, NoEffect("ip id", "ip id set 0")),
    ),
    "segment size": (OPTION, 1400, (NoEffect("tcp option maxseg size", "tcp option maxseg size set 1400"),)),
    "trace": ({"meta": {"key": "nftrace"}}, 1, (NoEffect("meta nftrace", "meta nftrace set 1"),)),
    "helper": ({"ct": {"key": "helper"}}, "ftp", (NoEffect("ct helper", 'ct helper set "ftp"'),)),
    "zone": ({"ct": {"key": "zone"}}, 5, (SetZone(5),)),
    "zone by mark": ({"ct": {"key": "zone"}}, MARK, (unknown("ct zone", "ct zone set meta mark"),)),
    "mark by port": (
        MARK, mapped({"payload": {"protocol": "tcp", "field": "dport"}}, [80, 1], [443, 2]),
        Choice((TCP,), (
            (FieldMatch("dport", ((80, 80),)), SetField("mark", value=1)),
            (FieldMatch("dport", ((443, 443),)), SetField("mark", value=2)),
        )),
    ),
    "mark by itself": (MARK, mapped(MARK, [1, 2], [2, 3]), (
        unknown("meta mark", "meta mark set meta mark map { 0x00000001 : 0x00000002, 0x00000002 : 0x00000003 }"),
    )),
    "a map that is not there": (MARK, {"map": {"key": MARK, "data": "@lost"}}, (
        unknown("meta mark", "meta mark set meta mark map @lost"),
    )),
}  # fmt: skip


@each_row(("key", "value", "expected"), CASES.values(), ids=CASES)
def test_mangle(key: Json, value: Json, expected: Parts) -> None:
    assert mangle({"key": key, "value": value}, SCOPE) == expected


def test_an_operand_without_a_field_cannot_be_assigned() -> None:
    assert assign(Operand(None), 5, SCOPE) is None
    assert assign(Operand("mark", "mark"), "vpn", SCOPE) is None


def test_a_bridge_forwards_by_the_hardware_address() -> None:
    key: Json = {"payload": {"protocol": "ether", "field": "daddr"}}
    text, mac = "ether daddr set 02:00:00:00:02:01", 0x020000000201
    written: Json = {"key": key, "value": "02:00:00:00:02:01"}
    assert mangle(written, Scope("bridge", "t")) == (Outside("dmac", text, unless=FieldMatch("dmac", ((mac, mac),))),)
    assert mangle(written, SCOPE) == (SetField("dmac", value=mac),)
