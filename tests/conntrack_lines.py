"""Conntrack entries from lines as /proc/net/nf_conntrack prints them."""

from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip.conntrack_text import parse
from hairpin.netfilter.packet import Connection


def entries(*lines: str) -> tuple[Connection, ...]:
    """Return the entries of the lines."""
    text = "".join(f"{each} mark=0 zone=0 use=2\n" for each in lines)
    return parse(text_reading(text, "conntrack"))


def to_server(state: str, timeout_s: int, *, server: str = "203.0.113.80", port: int = 443, sport: int = 40001) -> str:
    """Return the line of a connection that container ``web`` of the small host opened, which is masqueraded."""
    replied = "" if state != "SYN_SENT" else "[UNREPLIED] "
    assured = "" if state == "SYN_SENT" else " [ASSURED]"
    return (
        f"ipv4     2 tcp      6 {timeout_s} {state} src=172.17.0.2 dst={server} sport={sport} dport={port} {replied}"
        f"src={server} dst=198.51.100.11 sport={port} dport={sport}{assured}"
    )


def from_client(
    state: str, timeout_s: int, *, client: str = "192.0.2.10", address: str = "198.51.100.11", sport: int = 50001
) -> str:
    """Return the line of a client's connection to the published port of the small host."""
    assured = "" if state == "SYN_RECV" else " [ASSURED]"
    return (
        f"ipv4     2 tcp      6 {timeout_s} {state} src={client} dst={address} sport={sport} dport=8151 "
        f"src=172.17.0.2 dst={client} sport=80 dport={sport}{assured}"
    )


def outer(sender: str, receiver: str, timeout_s: int, *, port: int = 8472, sport: int = 45000) -> str:
    """Return the line of a tunnel's outer packets, which never have a reply."""
    return (
        f"ipv4     2 udp      17 {timeout_s} src={sender} dst={receiver} sport={sport} dport={port} [UNREPLIED] "
        f"src={receiver} dst={sender} sport={port} dport={sport}"
    )
