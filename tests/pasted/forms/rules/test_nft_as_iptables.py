"""nft's listing of the tables of iptables-nft is read as the rules that ``iptables-save`` shows."""

import tarfile
from pathlib import Path
from typing import Literal

from hairpin.collect.snapshot import load
from hairpin.evidence.reading import HOST
from hairpin.netfilter.iptables import save
from hairpin.netfilter.ir import Rule
from hairpin.pasted.forms.rules.nft_words import options_of
from hairpin.pasted.recognise import outputs, paste_of
from tests.rows import each_row

BUNDLES = Path(__file__).resolve().parents[3] / "fixtures" / "bundles"
HOSTS = sorted(path.stem for path in BUNDLES.glob("*.hairpin"))


def listing(name: str) -> str:
    """Return the listing of nft in a recorded report."""
    with tarfile.open(BUNDLES / f"{name}.tar.xz") as archive:
        member = next(each for each in archive if each.name.endswith("nft_-a_list_ruleset"))
        stream = archive.extractfile(member)
        assert stream is not None
        return stream.read().decode()


def tables(text: str) -> list[tuple[str, str]]:
    """Return the key and the text of each table of iptables in a listing."""
    parts = [part for _, _, found in outputs(paste_of(text)) for part in found.parts]
    return [(each.key, each.text) for each in parts if each.key.startswith("iptables-")]


def _without_comment(rule: Rule) -> tuple[object, ...]:
    """Return the rule's matches and its verdict.  nft 1.0 does not show comments of iptables; a single port is one
    match in either form."""
    return tuple(
        each for each in rule.body if "comment" not in str(each).lower() and "PortMatch" not in str(type(each))
    )


@each_row("name", HOSTS)
def test_rules_are_those_of_iptables_save(name: str) -> None:
    snapshot = load(BUNDLES / f"{name}.hairpin")
    for key, text in tables(listing(name)):
        family: Literal["ip", "ip6"] = "ip" if key.endswith("4") else "ip6"
        reading = snapshot.find(key, HOST)
        assert reading is not None
        (told,) = save.parse(text, family=family, dialect="iptables-nft", source="nft")
        whole = save.parse(reading.text, family=family, dialect="iptables-nft", source="save")
        shown = next(each for each in whole if each.name == told.name)
        assert {each.name: (each.policy, each.hook) for each in told.chains} == {
            each.name: (each.policy, each.hook) for each in shown.chains
        }
        rules = {each.name: each.rules for each in shown.chains}
        for chain in told.chains:
            assert len(chain.rules) == len(rules[chain.name])
            for rule, other in zip(chain.rules, rules[chain.name], strict=True):
                if "-m unlisted" in rule.text:  # nft itself has not understood it
                    continue
                assert _without_comment(rule) == _without_comment(other)
                assert rule.text.split(" -j ")[-1].strip() == other.text.split(" -j ")[-1].strip()


ROWS = {
    "links": ('iifname != "docker0" oifname "veth*" accept', "! -i docker0 -o veth+ -j ACCEPT"),
    "addresses": ("ip saddr 10.0.0.0/8 ip daddr != 10.0.0.1 drop", "-s 10.0.0.0/8 ! -d 10.0.0.1/32 -j DROP"),
    "port and translation": (
        "tcp dport 8080 counter packets 1 bytes 60 dnat to 172.17.0.2:80",
        "-p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
    ),
    "ports": ("tcp dport { 80, 443, 8000-8080 } return", "-p tcp -m multiport --dports 80,443,8000:8080 -j RETURN"),
    "two ports of one protocol": (
        "udp sport 53 udp dport 1024-65535 accept",
        "-p udp -m udp --sport 53 -m udp --dport 1024:65535 -j ACCEPT",
    ),
    "states": (
        "ct state related,established counter packets 0 bytes 0 accept",
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    ),
    "address type": (
        "ip daddr != 127.0.0.0/8 fib daddr type local jump DOCKER",
        "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
    ),
    "reject": ("reject", "-j REJECT --reject-with icmp-port-unreachable"),
    "reject with": ("reject with icmp type host-prohibited", "-j REJECT --reject-with icmp-host-prohibited"),
    "reset": ("tcp dport 1 reject with tcp reset", "-p tcp -m tcp --dport 1 -j REJECT --reject-with tcp-reset"),
    "masquerade": ('oifname != "docker0" masquerade', "! -o docker0 -j MASQUERADE"),
    "mark": ("meta mark & 0x00002000 == 0x00002000 masquerade", "-m mark --mark 0x2000/0x2000 -j MASQUERADE"),
    "set a mark": ("meta mark set mark or 0x2000", "-j MARK --set-xmark 0x2000/0x2000"),
    "log": (
        'limit rate 3/minute burst 10 packets log prefix "[UFW] "',
        '-m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW] "',
    ),
    "no target": ("tcp dport 22 counter packets 5 bytes 300", "-p tcp -m tcp --dport 22"),
    "a comment": ('comment "a {b}" accept', '-m comment --comment "a {b}" -j ACCEPT'),
    "an extension before a verdict": ('xt match "recent" drop', "-m unlisted --words \"xt match 'recent'\" -j DROP"),
    "a masked address": ("dnat to x.x.x.x:80", '-m unlisted --words "dnat to x.x.x.x:80"'),
    "an extension of the target": (
        'tcp dport 1 xt target "TPROXY"',
        "-p tcp -m tcp --dport 1 -m unlisted --words \"xt target 'TPROXY'\"",
    ),
}


@each_row(("line", "options"), ROWS.values(), ids=ROWS)
def test_words(line: str, options: str) -> None:
    found = options_of(line, "ip")
    assert " ".join(each for each in found if each) == options


def test_tables_of_others_stay_nfts() -> None:
    native = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n\t}\n}\n"
    assert tables(native + "table ip filter {\n\tset bad {\n\t\ttype ipv4_addr\n\t}\n}\n") == []


def test_an_own_table_of_iptables_name_is_no_table_of_iptables() -> None:
    text = "table ip filter {\n\tchain mine {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n"
    assert tables(text) == []
