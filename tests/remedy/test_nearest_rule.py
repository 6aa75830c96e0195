"""Which allow rule was meant for a packet that none of them lets through, and what it differs in."""

from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import CT_NEW
from hairpin.netfilter.packet import TCP, Packet, Seen
from hairpin.network.prefix import parse_address
from hairpin.remedy.nearest_rule import closing_sign
from tests.rows import each_row
from tests.small_host import CLIENT, WEB, network

ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"
SPORTS = "-i eth0 -p tcp -m multiport --sports 80,443 -j RETURN"
SSH = "-p tcp -m tcp --dport 22 -j ACCEPT"
OFFICE = "-s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT"
CASES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "the port of the sender": ((ESTABLISHED, SPORTS), CLIENT, f"`-A INPUT {SPORTS}` compares the port from which"),
    "another container": (
        (SSH, OFFICE), WEB, f"`-A INPUT {OFFICE}` lets 10.1.0.0/16 in, and this packet comes from 172.17.0.2",
    ),
    "another client": ((SSH, OFFICE), CLIENT, f"`-A INPUT {OFFICE}` lets other packets through"),
    "another port": ((ESTABLISHED, SSH), CLIENT, f"`-A INPUT {SSH}` lets other packets through"),
    "the port of the sender is another one": (
        (ESTABLISHED, SPORTS.replace("80,443", "53")), CLIENT, "53 -j RETURN` lets other packets through",
    ),
}  # fmt: skip


@each_row(("rules", "source", "said"), CASES.values(), ids=CASES)
def test_the_rule_that_was_meant(rules: tuple[str, ...], source: int, said: str) -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\n" + "".join(f"-A INPUT {each}\n" for each in rules) + "COMMIT\n"
    (table,) = parse(text, family="ip", dialect="iptables-nft", source="")
    chain = table.chain("INPUT")
    assert chain is not None
    packet = Packet(4, source, parse_address("198.51.100.11")[1], TCP, 40000, 80)
    seen = Seen(packet, iif="eth0", ct_state=CT_NEW)
    host = network().this
    assert said in str(closing_sign(chain.rules, lambda rule: rule.text, seen, host))
    first = closing_sign(chain.rules, lambda rule: rule.text, None, host)
    assert f"`-A INPUT {rules[0]}` lets other packets through" in str(first)
