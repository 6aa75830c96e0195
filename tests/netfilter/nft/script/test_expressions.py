"""Values, sets, and what belongs to their elements."""

from collections.abc import Callable

from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.expressions import elements, flag_list, limit, quota, right_side, seconds
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

SIDES: dict[str, tuple[Json, Json]] = {
    "22": (22, None),
    "0x10": (16, None),
    "10.0.0.0/8": ({"prefix": {"addr": "10.0.0.0", "len": 8}}, None),
    "1-5": ({"range": [1, 5]}, None),
    "1.1.1.1 . 22": ({"concat": ["1.1.1.1", 22]}, None),
    "established,related": (["established", "related"], None),
    "syn / syn,ack": ("syn", ["syn", "ack"]),
    "syn | ack": ({"|": ["syn", "ack"]}, None),
    "exists": (True, None),
    "@blocked": ("@blocked", None),
    "{ 1, 2-3, }": ({"set": [1, {"range": [2, 3]}]}, None),
    "{ 1, { 2, 3 } }": ({"set": [1, 2, 3]}, None),
}


@each_row(("text", "expected"), SIDES.items(), ids=SIDES)
def test_right_sides(text: str, expected: tuple[Json, Json]) -> None:
    at = Cursor(text, "here", {})
    assert (right_side(at), at.peek().kind) == (expected, "end")


def test_elements_have_data_and_what_belongs_to_them() -> None:
    text = '{ 22 : accept,\n 80 : jump web, 10.0.0.1 timeout 1h comment "x", * : drop }'
    assert elements(Cursor(text, "here", {})) == [
        [22, {"accept": None}], [80, {"jump": {"target": "web"}}],
        {"elem": {"val": "10.0.0.1", "timeout": 3600, "comment": "x"}}, ["*", {"drop": None}],
    ]  # fmt: skip


RATES: dict[str, tuple[Callable[[Cursor], Json], Json]] = {
    "rate over 10/second burst 3 packets": (limit, {"rate": 10, "per": "second", "burst": 3, "inv": True}),
    "rate 1 mbytes/second": (limit, {"rate": 1, "per": "second", "rate_unit": "mbytes", "burst": 0}),
    "over 25 mbytes used 1 bytes": (
        quota, {"val": 25, "val_unit": "mbytes", "used": 1, "used_unit": "bytes", "inv": True}),
    "1d2h3m4s": (seconds, 93784),
    "30": (seconds, 30),
    "(syn | ack)": (flag_list, {"|": ["syn", "ack"]}),
}  # fmt: skip


@each_row(("text", "case"), RATES.items(), ids=RATES)
def test_rates(text: str, case: tuple[Callable[[Cursor], Json], Json]) -> None:
    read, expected = case
    assert read(Cursor(text, "here", {})) == expected
