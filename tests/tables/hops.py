"""Packets whose hop limit ends on the way, and those that get there with one left."""

from hairpin.lab.topology import CLIENT, HOST, NEIGHBOUR
from tests.tables.case import Ask, Case

ID = "hop-limit-too-low"
_WAY = "container:web"
_ANSWER = "busybox httpd -p 9000 -h /"


def container(ttl: int) -> tuple[tuple[str, str], ...]:
    """Return the command that gives the container's packets this TTL."""
    return ((_WAY, f"sysctl -qw net.ipv4.ip_default_ttl={ttl}"),)


def set_by(match: str, ttl: int) -> tuple[tuple[str, str], ...]:
    """Return the commands that let only this rule of the host's mangle PREROUTING set a TTL."""
    rule = f"iptables -t mangle -A PREROUTING {match} -j TTL --ttl-set {ttl}"
    return (*container(64), ("host", f"iptables -t mangle -F; {rule}"))


OFF = (*container(64), ("host", "iptables -t mangle -F"))


def from_container(ttl: int, to_neighbour: str, to_host: str = "") -> tuple[Ask, ...]:
    """Return the questions with this TTL; the last router is not read, so no packet is asked to end there."""
    before = (("host", "iptables -t mangle -F"), *container(ttl))
    out = f"{NEIGHBOUR}:9000"
    return (
        Ask(f"{ttl}: the neighbour asks the port", to_neighbour, origin=NEIGHBOUR, start="neighbour", before=before),
        Ask(f"{ttl}: the container asks the neighbour", to_neighbour, out, _WAY, _WAY, before=before),
        Ask(f"{ttl}: the host asks the port", to_host, origin="host", start="host", before=before),
        Ask(f"{ttl}: the container asks the host", to_host, f"{HOST}:22", _WAY, _WAY, before=before),
    )


CASES = (
    Case("hops", replica=False, setup=(("neighbour", _ANSWER), ("host", "busybox httpd -p 22 -h /")), asks=(
        *from_container(1, ID),
        *from_container(2, ""),
        *from_container(3, ""),
        *from_container(64, ""),
        Ask("1: the client asks the port", ID, before=container(1)),
        Ask("1: the container asks the client", ID, f"{CLIENT}:9000", _WAY, _WAY, before=container(1)),
        Ask("3: the client asks the port", "", before=container(3)),
        Ask("3: the container asks the client", "", f"{CLIENT}:9000", _WAY, _WAY, before=container(3)),
    )),
    Case("hops of a rule", replica=False, setup=(("neighbour", _ANSWER),), asks=(*(
        Ask(f"{match} is set to {ttl}: {who}", cause if start == hit else "", to, origin, start,
            before=set_by(match, ttl))
        for match, hit in (("-i eth0 -p tcp --dport 8151", "neighbour"), ("-i docker0 -p tcp --dport 9000", _WAY))
        for ttl, cause in ((1, f"{ID}|mangle-drops-or-marks"), (2, ""))
        for who, origin, start, to in (
            ("the neighbour asks the port", NEIGHBOUR, "neighbour", f"{HOST}:8151"),
            ("the container asks the neighbour", _WAY, _WAY, f"{NEIGHBOUR}:9000"),
        )
    ), Ask("no rule", "", before=OFF))),
    Case("hops of the container's own rule", replica=False, setup=(("neighbour", _ANSWER),), asks=tuple(
        Ask(f"set to {ttl}: {who}", cause, to, origin, start, before=(
            (_WAY, f"iptables -t mangle -F; iptables -t mangle -A OUTPUT -j TTL --ttl-set {ttl}"),
        ))
        for ttl, cause in ((1, "rule-decides-flow"), (5, ""))
        for who, origin, start, to in (
            ("the neighbour asks the port", NEIGHBOUR, "neighbour", f"{HOST}:8151"),
            ("the container asks the neighbour", _WAY, _WAY, f"{NEIGHBOUR}:9000"),
            ("the client asks the port", CLIENT, "client", f"{HOST}:8151"),
            ("the container asks the client", _WAY, _WAY, f"{CLIENT}:9000"),
        )
    )),
)  # fmt: skip
