import pytest

from hairpin.netfilter.ebtables.targets import read_target
from hairpin.netfilter.ir import FieldMatch, Jump, Outside, SetField, Statement, Verdict
from tests.rows import each_row

ACCEPT = Verdict("accept")
MAC = 0x0242AC110003

TARGETS: dict[str, tuple[Statement, ...]] = {
    "ACCEPT": (ACCEPT,),
    "CONTINUE": (),
    "mine": (Jump("mine"),),
    "mark --mark-set 0x5": (SetField("mark", 0, 5), ACCEPT),
    "mark --mark-and 0xf0 --mark-target DROP": (SetField("mark", 0xF0, 0), Verdict("drop")),
    "mark --mark-xor 0x1 --mark-target CONTINUE": (SetField("mark", 0xFFFFFFFF, 1),),
    "mark --set-mark 0x5 --mark-target RETURN": (SetField("mark", 0, 5), Verdict("return")),
    "mark --new-option 5": (Outside("mark", "--new-option 5"),),
    "dnat --to-dst 02:42:ac:11:00:03": (
        Outside("dnat", "--to-dst 02:42:ac:11:00:03", unless=FieldMatch("dmac", ((MAC, MAC),))),
        ACCEPT,
    ),
    "dnat --dnat-target CONTINUE": (Outside("dnat", "--dnat-target CONTINUE"),),
    "snat --to-src 02:42:ac:11:00:03 --snat-arp --snat-target CONTINUE": (SetField("smac", 0, MAC),),
    "redirect": (Outside("redirect", ""),),
    "arpreply --arpreply-mac 02:42:ac:11:00:03": (Outside("arpreply", "--arpreply-mac 02:42:ac:11:00:03"),),
    "no-such --with options": (Outside("no-such", "--with options"),),
}


@each_row(("words", "statements"), TARGETS.items())
def test_target(words: str, statements: tuple[Statement, ...]) -> None:
    name, *options = words.split()
    assert read_target(name, options, broute=False, chains={"mine"}) == statements


@pytest.mark.parametrize("name", ("DROP", "redirect"))
def test_broute_hands_frames_to_routing(name: str) -> None:
    assert read_target(name, [], broute=True, chains=()) == (Outside(name, "routed instead of bridged"),)


def test_broute_accepts_a_frame_that_stays_on_the_bridge() -> None:
    assert read_target("ACCEPT", [], broute=True, chains=()) == (ACCEPT,)
