"""A path's MTU that is smaller than the links': who is told, and what eats the message."""

from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import CLIENT, HOST
from tests.tables.case import Ask, Case

CAUSES = "pmtud-icmp-blocked|mtu-black-hole"
_PAGE_BYTES = 200_000
_FORGET = "ip route flush cache"
_WAY = "container:web"
_CLAMP = "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"

EATEN = {
    "OUTPUT drops ICMP": "iptables -A OUTPUT -p icmp -j DROP",
    "OUTPUT drops the message": "iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP",
    "OUTPUT drops unreachables": "iptables -A OUTPUT -p icmp --icmp-type destination-unreachable -j DROP",
    "OUTPUT drops all to the container": "iptables -A OUTPUT -d 172.17.0.0/16 -p icmp -j DROP",
    "nftables drops ICMP": "nft 'add table ip eat; add chain ip eat o { type filter hook output priority 5; }; "
    "add rule ip eat o ip protocol icmp drop'",
}
TOLD = {
    "nothing drops": "true",
    "OUTPUT drops echo requests": "iptables -A OUTPUT -p icmp --icmp-type echo-request -j DROP",
    "INPUT drops ICMP": "iptables -A INPUT -p icmp -j DROP",
    "the segment size is clamped": f"iptables -A OUTPUT -p icmp -j DROP; {_CLAMP}",
    "the message is accepted before": "iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j ACCEPT; "
    "iptables -A OUTPUT -p icmp -j DROP",
}
_UNDO = "iptables -F OUTPUT; iptables -F INPUT; iptables -t mangle -F; nft delete table ip eat 2>/dev/null || true"


def asks(mtu: int, name: str, command: str, cause: str) -> tuple[Ask, ...]:
    """Return the questions for an upload of the container's and a download from it, over a narrow uplink."""
    before = (
        ("router", f"ip link set host0 mtu {mtu}; {_FORGET}"),
        ("host", f"{_UNDO}; {command}; ip link set eth0 mtu {mtu}; {_FORGET}"),
        (_WAY, _FORGET),
        ("client", _FORGET),
    )
    up = Ask(f"{name}, {mtu}, up", cause, f"{CLIENT}:9000", _WAY, _WAY, before=before, padding_bytes=8000)
    down = Ask(f"{name}, {mtu}, down", cause, before=before, real=f"curl -s -m 4 -o /dev/null http://{HOST}:8151/big")
    return up, down


_PAGE = (("host", f"docker exec web sh -c 'head -c {_PAGE_BYTES} /dev/zero > /www/big'"),)
CASES = tuple(
    Case(f"uplink of {mtu}", plan=LabPlan(daemon='{"userland-proxy": false}'), setup=_PAGE, replica=False, asks=tuple(
        each
        for cause, rules in ((CAUSES, EATEN), ("", TOLD))
        for name, command in rules.items()
        for each in asks(mtu, name, command, cause)
    ))
    for mtu in (1280, 1400, 1492)
)  # fmt: skip
