"""Limits of rules: ``recent``, ``hashlimit``, ``connlimit``, nft's ``ct count``."""

from hairpin.lab.topology import CLIENT, HOST
from tests.tables.case import Ask, Case

ID = "rate-or-connlimit-rule"
OPEN = (
    f"python3 -c \"import socket, time; held = [socket.create_connection(('{HOST}', 8151)) for _ in range(3)]; "
    'time.sleep(60)" >/dev/null 2>&1 & sleep 1'
)
"""Three connections of the client, which stay open."""
ASK = f"busybox nc -w 1 {HOST} 8151 </dev/null >/dev/null 2>&1 || true"
TO = "-p tcp -m conntrack --ctorigdstport 8151"

_RECENT = (
    f"iptables -I DOCKER-USER {TO} --ctstate NEW -m recent --update --seconds 60 --hitcount 4 --name WEB -j DROP",
    f"iptables -I DOCKER-USER {TO} --ctstate NEW -m recent --set --name WEB",
)


def recent(*rules: str) -> tuple[tuple[str, str], ...]:
    """Return the setup with the rules."""
    return tuple(("host", rule) for rule in rules)


def limit(match: str, verdict: str = "DROP") -> tuple[tuple[str, str], ...]:
    """Return the setup with one rule in DOCKER-USER."""
    return (("host", f"iptables -I DOCKER-USER -i eth0 -p tcp {match} -j {verdict}"),)


COUNT = (
    "nft 'add table ip lim; add chain ip lim f {{ type filter hook forward priority -5; }}; "
    "add rule ip lim f iifname eth0 tcp dport 80 ct state new ct count over {} drop'"
)
HASHED = "-m hashlimit --hashlimit-above {} --hashlimit-burst 2 --hashlimit-mode {} --hashlimit-name web"

CASES = (
    Case("recent, 4 in 60 s", setup=recent(*_RECENT), asks=(
        Ask("none before"),  # the probe is the first
        Ask("one before"),
        Ask("two before"),
        Ask("three before", ID),
        Ask("another client", origin="198.51.100.20", start="neighbour"),
        Ask("taken off the list", before=(("host", f"echo -{CLIENT} > /proc/net/xt_recent/WEB"),)),
    )),
    Case("recent, a ban by hand", setup=recent(
        "iptables -I DOCKER-USER -m recent --rcheck --name BAN -j DROP", f"echo +{CLIENT} > /proc/net/xt_recent/BAN",
    ), asks=(
        Ask("the banned client", ID),
        Ask("another client", origin="198.51.100.20", start="neighbour"),
        Ask("the list emptied", before=(("host", "echo / > /proc/net/xt_recent/BAN"),)),
    )),
    Case("recent, 1 s", setup=recent(
        "iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctstate NEW -m recent --update --seconds 1 --name S "
        "-j DROP", f"echo +{CLIENT} > /proc/net/xt_recent/S",
    ), asks=(Ask("long ago", before=(("host", "sleep 2"),)),)),
    Case("hashlimit, 2 an hour", setup=limit("--syn " + HASHED.format("2/hour", "srcip")), asks=(
        Ask("none before"),
        Ask("one before"),
        Ask("two before", ID),
        Ask("another client", origin="198.51.100.20", start="neighbour"),
    )),
    Case("hashlimit, a bucket a port", setup=limit("--syn " + HASHED.format("2/hour", "srcip,srcport")), asks=(
        Ask("each connection has its own", before=(("client", f"{ASK}; {ASK}; {ASK}"),)),
    )),
    Case("hashlimit, fast", setup=limit("--syn " + HASHED.format("100/second", "srcip")), asks=(
        Ask("full again at once", before=(("client", f"{ASK}; {ASK}; {ASK}"),)),
    )),
    Case("hashlimit, upto and a drop", setup=(
        ("host", "iptables -I DOCKER-USER -i eth0 -p tcp --syn -j DROP"),
        *limit("--syn -m hashlimit --hashlimit-upto 2/hour --hashlimit-burst 2 --hashlimit-mode srcip "
               "--hashlimit-name web", "RETURN"),
    ), asks=(Ask("none before"),)),
    Case("connlimit, 3", setup=(*limit("--syn -m connlimit --connlimit-above 3"), ("client", OPEN)), asks=(
        Ask("three open", ID),
        Ask("another client", origin="198.51.100.20", start="neighbour"),
    )),
    Case("connlimit, 4", setup=(*limit("--syn -m connlimit --connlimit-above 4"), ("client", OPEN)), asks=(
        Ask("three open"),
    )),
    Case("connlimit, by network", setup=(
        *limit("--syn -m connlimit --connlimit-above 3 --connlimit-mask 0", "REJECT"), ("client", OPEN),
    ), asks=(
        Ask("the client", ID),
        Ask("a neighbour, too", ID, origin="198.51.100.20", start="neighbour"),
    )),
    Case("connlimit, another port", setup=(
        *limit("--dport 81 --syn -m connlimit --connlimit-above 2"), ("client", OPEN),
    ), asks=(Ask("three open"),)),
    Case("nft, ct count", setup=(
        ("host", COUNT.format(3)), ("client", OPEN),
    ), asks=(Ask("three open", ID), Ask("of a neighbour", ID, origin="198.51.100.20", start="neighbour"))),
    Case("nft, ct count 9", setup=(
        ("host", COUNT.format(9)), ("client", OPEN),
    ), asks=(Ask("three open"),)),
)  # fmt: skip
