"""One real packet, many iptables rules that only count: the walk must call exactly those satisfied that counted it."""

import subprocess
import sys

import pytest

from hairpin.netfilter import ipset
from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.evaluate.match import Question, satisfies
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import CT_NEW, Statement
from hairpin.netfilter.packet import ICMP, SYN, TCP, UDP, Connection, Packet, Seen, Tuple
from tests.netfilter.seen import Loopback

LOOPBACK = 0x7F000001

SETS = """\
create addresses hash:ip family inet
add addresses 127.0.0.1
create nets hash:net family inet
add nets 127.0.0.0/8
add nets 127.0.0.1 nomatch
create ports hash:ip,port family inet
add ports 127.0.0.1,udp:5353
create links hash:net,iface family inet
add links 127.0.0.0/8,lo
create bare bitmap:port range 0-9999
add bare 5353
"""

# The words after the chain; each line is one rule.
RULES = (
    "", "-p udp", "! -p udp", "-p tcp", "-p icmp", "-s 127.0.0.1/32", "! -s 127.0.0.1/32", "-d 127.0.0.0/8",
    "-d 127.0.0.1/255.0.0.255", "! -d 10.0.0.0/8", "-o lo", "! -o lo", "-o l+", "! -o eth0", "-f", "! -f",
    "-p udp -m udp --dport 5353", "-p udp -m udp ! --dport 5353", "-p udp -m udp --dport 5000:6000",
    "-p udp -m udp --sport 4000", "-p tcp -m tcp --dport 5353", "-p tcp -m tcp",
    "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN",
    "-p tcp -m tcp --tcp-flags ALL NONE",
    "-p icmp -m icmp --icmp-type 8", "-p icmp -m icmp ! --icmp-type 8", "-p icmp -m icmp --icmp-type 8/0",
    "-p icmp -m icmp --icmp-type 8/1", "-p icmp -m icmp --icmp-type any",
    "-p udp -m multiport --dports 53,5353", "-p udp -m multiport ! --dports 53,5353",
    "-p udp -m multiport --ports 4000", "-p udp -m multiport ! --ports 4000", "-p tcp -m multiport --dports 5000:6000",
    "-m conntrack --ctstate NEW", "-m conntrack ! --ctstate NEW", "-m conntrack --ctstate RELATED,ESTABLISHED",
    "-m conntrack --ctstate DNAT", "-m conntrack ! --ctstate DNAT", "-m conntrack --ctstate NEW,DNAT",
    "-m conntrack ! --ctstate INVALID,SNAT", "-m conntrack --ctstatus NONE", "-m conntrack ! --ctstatus NONE",
    "-m conntrack --ctstatus ASSURED", "-m conntrack ! --ctstatus ASSURED,SEEN_REPLY", "-m conntrack --ctdir ORIGINAL",
    "-m conntrack --ctdir REPLY", "-m conntrack --ctproto 17", "-m conntrack ! --ctproto 17",
    "-m conntrack --ctorigsrc 127.0.0.0/8", "-m conntrack ! --ctrepldst 127.0.0.1", "-m conntrack --ctorigdstport 5353",
    "-m conntrack --ctreplsrcport 5353", "-m state --state NEW", "-m state ! --state NEW",
    "-m mark --mark 0x0", "-m mark ! --mark 0x1", "-m mark --mark 0x1/0xf", "-m connmark --mark 0x0",
    "-m connmark ! --mark 0x0/0x1",
    "-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL", "-m addrtype --src-type UNICAST,LOCAL",
    "-m iprange --src-range 127.0.0.0-127.0.0.5", "-m iprange ! --dst-range 127.0.0.1-127.0.0.1",
    "-m set --match-set addresses dst", "-m set ! --match-set addresses src", "-m set --match-set nets dst",
    "-m set ! --match-set nets dst", "-m set --match-set ports dst,dst", "-m set ! --match-set ports dst,dst",
    "-m set ! --match-set ports dst,src", "-m set --match-set links dst,dst", "-m set --match-set links dst,src",
    "-m set --match-set bare dst", "-m set ! --match-set bare dst",
    "-m physdev --physdev-is-bridged", "-m physdev ! --physdev-is-bridged", "-m pkttype --pkt-type unicast",
    "-m ttl --ttl-eq 64", "-m ttl ! --ttl-eq 64", "-m ttl --ttl-lt 64", "-m ttl --ttl-gt 63", "-m length --length 33",
    "-m length --length 0:32", "-m length ! --length 33:60", "-m tos --tos 0x00/0xff", "-m tos ! --tos 0x00/0x3f",
    "-m tos --tos 0x04/0x04", "-m dscp --dscp 0x00", "-m dscp ! --dscp 0x00", "-m ecn --ecn-ip-ect 0",
    "-m owner --uid-owner 0", "-m owner ! --uid-owner 0", "-m owner ! --uid-owner 5-9", "-m owner --gid-owner 0-5",
    "-m policy --dir out --pol none", "-m policy --dir out --pol ipsec",
)  # fmt: skip

# A script: sends one packet of a kind, then prints iptables' counters.
SEND = r"""
import socket, subprocess, sys

kind, sets, rules = sys.argv[1:]
subprocess.run(("ip", "link", "set", "lo", "up"), check=True)
subprocess.run(("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1"), check=True)
subprocess.run(("ipset", "restore"), input=sets, text=True, check=True)
subprocess.run(("iptables-nft-restore",), input=rules, text=True, check=True)
if kind == "udp":
    reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    reader.bind(("127.0.0.1", 5353))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind(("127.0.0.1", 4000))
    sender.sendto(b"12345", ("127.0.0.1", 5353))
elif kind == "tcp":
    sender = socket.socket()
    sender.bind(("127.0.0.1", 4000))
    sender.setblocking(False)
    sender.connect_ex(("127.0.0.1", 5353))
else:
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sender.sendto(bytes.fromhex("0800f7fd00010001"), ("127.0.0.1", 0))
subprocess.run(("iptables-nft-save", "-c", "-t", "filter"), check=True)
"""


def seen(protocol: int, ports: tuple[int, int] | None, length: int) -> Seen:
    source, target = ports or (1, 1)
    packet = Packet(
        4, LOOPBACK, LOOPBACK, protocol, ports and source, ports and target, SYN if protocol == TCP else 0,
        0x0800 if protocol == ICMP else None, 64, length,
    )  # fmt: skip
    original = Tuple(LOOPBACK, LOOPBACK, protocol, source, target)
    connection = Connection(4, original, original.reversed())
    return Seen(packet, oif="lo", ct_state=CT_NEW, connection=connection, uid=0, gid=0)


PACKETS: dict[str, Seen] = {
    "udp": seen(UDP, (4000, 5353), 33),
    "tcp": seen(TCP, (4000, 5353), 60),
    "icmp": seen(ICMP, None, 28),
}


@pytest.mark.parametrize("kind", PACKETS)
def test_the_rules_that_counted_are_the_ones_satisfied(kind: str) -> None:
    # INPUT drops the packet, so that no other packet passes OUTPUT.
    lines = ["*filter", ":INPUT DROP [0:0]", ":OUTPUT ACCEPT [0:0]", *(f"-A OUTPUT {words}" for words in RULES)]
    rules = "\n".join([*lines, "COMMIT", ""])
    argv = ("unshare", "--net", sys.executable, "-c", SEND, kind, SETS, rules)
    saved = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    sets = ipset.parse(SETS, source="sets")
    (table,) = parse(saved, family="ip", dialect="iptables-nft", source="iptables-save", ipsets=sets)
    output = table.chain("OUTPUT")
    assert output is not None
    assert len(output.rules) == len(RULES)
    packet = PACKETS[kind]
    question = Question(packet, header_of(packet), {each.name: each for each in sets}, Loopback())
    counted = {rule.text: bool(rule.packets) for rule in output.rules}
    satisfied: dict[str, bool] = {}
    for rule in output.rules:
        answers = [satisfies(question, each) for each in rule.body if not isinstance(each, Statement)]
        assert Truth.UNKNOWN not in answers, rule.text
        satisfied[rule.text] = Truth.NO not in answers
    assert satisfied == counted
