"""A ruleset as a large Docker host has it, of any size; the container of tests/small_host.py has its last rules."""

from collections.abc import Iterator

CONTAINER = "172.17.0.2"
PORT = 8151
_PORTS = 50_000
"""So many ports are published on all addresses of the host; further ones on one further address after the other."""

_Published = tuple[str, int, str]
"""The container's address, the published port, and the address that it is published on as a match."""


def docker_like(count: int) -> str:
    """Return iptables-save text with about so many rules: three for each published port, those of CONTAINER last."""
    published = [_published(each) for each in range(count // 3 - 1)]
    published.append((CONTAINER, PORT, ""))
    return "\n".join((*_nat(published), *_filter(published))) + "\n"


def _published(number: int) -> _Published:
    host, port = divmod(number, _PORTS)
    container = 256 + number
    where = f"-d 198.51.100.{100 + host}/32 " if host else ""
    return f"172.{18 + (container >> 16)}.{container >> 8 & 255}.{container & 255}", 10_000 + port, where


def _nat(published: list[_Published]) -> Iterator[str]:
    yield "*nat"
    yield from (f":{chain} ACCEPT [0:0]" for chain in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"))
    yield ":DOCKER - [0:0]"
    yield "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"
    yield "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"
    yield "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"
    for address, _, _ in published:
        yield f"-A POSTROUTING -s {address}/32 -d {address}/32 -p tcp -m tcp --dport 80 -j MASQUERADE"
    yield "-A DOCKER -i docker0 -j RETURN"
    for address, port, where in published:
        yield f"-A DOCKER {where}! -i docker0 -p tcp -m tcp --dport {port} -j DNAT --to-destination {address}:80"
    yield "COMMIT"


def _filter(published: list[_Published]) -> Iterator[str]:
    yield "*filter"
    yield from (":INPUT ACCEPT [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]", ":DOCKER - [0:0]")
    yield "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    yield "-A FORWARD -o docker0 -j DOCKER"
    yield "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT"
    for address, _, _ in published:
        yield f"-A DOCKER -d {address}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
    yield "COMMIT"


def native(count: int) -> str:
    """Return so many nftables rules that publish ports, as a script for nft."""
    published = (_published(each) for each in range(count))
    rules = (
        f'iifname != "docker0" ip daddr 198.51.100.11 tcp dport {port} counter dnat to {address}:80'
        for address, port, _ in published
    )
    head = "table ip docker-bridges {\nchain nat-prerouting {\ntype nat hook prerouting priority dstnat;"
    return "\n".join((head, *rules, "}", "}", ""))
