"""Source ports that run out towards one destination, and those that do not."""

from hairpin.lab.topology import CLIENT, NEIGHBOUR
from tests.tables.case import Ask, Case

ID = "snat-ports-exhausted"
TO = f"{CLIENT}:9000"
WAY = "container:web"


def narrow(protocol: str, ports: str, match: str = "") -> tuple[str, str]:
    """Return the command that allows MASQUERADE these ports only."""
    return "host", (
        f"iptables -t nat -I POSTROUTING -s 172.17.0.0/16 ! -o docker0 -p {protocol} {match} "
        f"-j MASQUERADE --to-ports {ports}"
    )


def held(count: int, to: str = CLIENT, port: int = 9000) -> tuple[str, str]:
    """Return the command that writes open connections of another container with the ports from 40000 on."""
    return "host", "; ".join(
        f"conntrack -I -s 172.17.0.9 -d {to} -p tcp --sport {50000 + number} --dport {port} --state ESTABLISHED "
        f"-u SEEN_REPLY,ASSURED -n 198.51.100.11:{40000 + number} -t 600"
        for number in range(count)
    )


FORGET = ("host", "conntrack -D -p tcp >/dev/null 2>&1 || true")
CASES = (
    Case("ports, two", setup=(narrow("tcp", "40000-40001"),), asks=(
        Ask("none is taken", "", TO, WAY, WAY),
        Ask("both are taken", ID, TO, WAY, WAY, before=(FORGET, held(2))),
        Ask("one is taken", "", TO, WAY, WAY, before=(FORGET, held(1))),
        Ask("both, towards another port", "", TO, WAY, WAY, before=(FORGET, held(2, port=9001))),
        Ask("both, towards another host", "", TO, WAY, WAY, before=(FORGET, held(2, NEIGHBOUR))),
        Ask("both again", ID, TO, WAY, WAY, before=(FORGET, held(2))),
        Ask("the published port needs none", "", before=(FORGET, held(2))),
        Ask("both were closed", "", TO, WAY, WAY, before=(FORGET,)),
    )),
    Case("ports, one", setup=(narrow("tcp", "40000"),), asks=(
        Ask("it is free", "", TO, WAY, WAY),
        Ask("it is taken", ID, TO, WAY, WAY, before=(FORGET, held(1))),
    )),
    Case("ports, forty", setup=(narrow("tcp", "40000-40039"),), asks=(
        Ask("all are taken", ID, TO, WAY, WAY, before=(FORGET, held(40))),
        Ask("all but one", "", TO, WAY, WAY, before=(FORGET, held(39))),
    )),
    Case("ports of SNAT, two", setup=(("host", (
        "iptables -t nat -I POSTROUTING -s 172.17.0.0/16 ! -o docker0 -p tcp -j SNAT --to-source "
        "198.51.100.11:40000-40001"
    )),), asks=(
        Ask("none is taken", "", TO, WAY, WAY),
        Ask("both are taken", ID, TO, WAY, WAY, before=(FORGET, held(2))),
        Ask("one is taken", "", TO, WAY, WAY, before=(FORGET, held(1))),
        Ask("both, towards another host", "", TO, WAY, WAY, before=(FORGET, held(2, NEIGHBOUR))),
        Ask("both: the host asks", "", TO, "host", "host", before=(FORGET, held(2))),
        Ask("three are taken", ID, TO, WAY, WAY, before=(FORGET, held(3))),
    )),
    Case("ports that a rule gives to others", setup=(narrow("udp", "40000"),), asks=(
        Ask("it is taken", "", TO, WAY, WAY, before=(held(1),)),
    )),
    Case("ports of another destination", setup=(narrow("tcp", "40000", f"-d {NEIGHBOUR}"),), asks=(
        Ask("both are taken", "", TO, WAY, WAY, before=(held(2),)),
    )),
)  # fmt: skip
