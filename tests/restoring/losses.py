"""The ways in which an engine's rules get lost, each as somebody would type it."""

from collections.abc import Mapping

from tests.restoring.own import MINE

EVERYTHING = """for program in iptables ip6tables; do for table in filter nat raw mangle; do
    $program -t $table -F; $program -t $table -X; done; done"""
"""Leaves no rule and no chain of anybody's."""
_FOREIGN = f"""cat > /root/foreign <<END
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 22 {MINE} -j ACCEPT
-A FORWARD -s 203.0.113.78/32 {MINE} -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
END
iptables-restore < /root/foreign"""


def _chain_gone(table: str, chain: str) -> str:
    """Return the lines that delete a chain, and the rules that lead to it before."""
    return f"""iptables -t {table} -S | grep -- '-j {chain}$' | sed 's/^-A/-t {table} -D/' | while read -r words; do
    eval "iptables $words"; done
iptables -t {table} -F {chain}; iptables -t {table} -X {chain}"""


LOSSES: Mapping[str, str] = {
    "iptables -F": "iptables -F",
    "iptables -t nat -F": "iptables -t nat -F",
    "both": "iptables -F; iptables -t nat -F",
    "iptables -F, -X": "iptables -F; iptables -X",
    "-F and -X of all tables, both families": EVERYTHING,
    "ip6tables -F": "ip6tables -F; ip6tables -t nat -F",
    "a chain flushed": "iptables -t nat -F DOCKER",
    "a chain flushed, filter": "iptables -F DOCKER",
    "isolation flushed": "iptables -F DOCKER-ISOLATION-STAGE-1; iptables -F DOCKER-ISOLATION-STAGE-2",
    "a chain deleted": _chain_gone("nat", "DOCKER"),
    "a chain deleted, filter": _chain_gone("filter", "DOCKER"),
    "a rule of FORWARD": "iptables -D FORWARD $(iptables -S FORWARD | grep -n DOCKER | tail -1 | cut -d: -f1 |"
    " awk '{print $1 - 1}')",
    "a rule of nat": "iptables -t nat -D DOCKER $(iptables -t nat -S DOCKER | grep -c -- -A)",
    "a masquerade": "iptables -t nat -D POSTROUTING $(iptables -t nat -S POSTROUTING | grep -n MASQ | tail -1 |"
    " cut -d: -f1 | awk '{print $1 - 1}')",
    "foreign file restored": _FOREIGN,
    "nft flush ruleset": "nft flush ruleset",
    "nft delete table nat": "nft delete table ip nat",
    "nft delete table filter": "nft delete table ip filter",
    "firewalld reloaded": "firewall-cmd --reload; sleep 1",
    "firewalld restarted": "kill $(pidof -x firewalld); sleep 2; firewalld --nopid; sleep 3",
}
"""Each in the words of sh, in the host's namespaces."""
