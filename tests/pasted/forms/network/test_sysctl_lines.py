"""Texts that say what ought to be set, or that are no listing of this kernel, give no reading."""

from tests.pasted.readings import evidence_in_text
from tests.rows import each_row

NOTHING = {
    "macOS": "en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500\n"
    "\toptions=400<CHANNEL_IO>\n\tinet 192.168.1.2 netmask 0xffffff00 broadcast 192.168.1.255\n",
    "one route of many": "$ ip route get 10.0.0.5\n10.0.0.5 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 1000\n    cache\n",
    "grep of routes": "$ ip route | grep docker0\n172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1\n",
    "a script": "iptables -A FORWARD -i eth0 -j ACCEPT\niptables -P INPUT DROP\n",
    "a file of rules": "*filter\n:INPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n",
    "a file of nft": "#!/usr/sbin/nft -f\nflush ruleset\n\ntable inet filter {\n\tchain input {\n"
    "\t\ttype filter hook input priority 0;\n\t}\n}\n",
    "sysctl.conf": "I put this into /etc/sysctl.conf:\n\nnet.ipv4.ip_forward = 1\n",
    "a sentence": "I ran sysctl -w net.ipv4.ip_forward=1 and added 172.17.0.0/16 via 10.0.0.1 to the router.\n",
    "cat of a file": "# cat /etc/sysctl.conf\nnet.ipv4.ip_forward = 1\n",
}


@each_row("text", NOTHING.values(), ids=NOTHING)
def test_texts_that_tell_nothing_of_the_kernel(text: str) -> None:
    assert {each.key for each in evidence_in_text(text).readings} <= {"pasted", "file"}
