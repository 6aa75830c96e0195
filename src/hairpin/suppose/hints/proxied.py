"""Hints about a client that asks localhost: a reverse proxy in a container that forwards to the proxy's own container,
and a client that asks the loopback address of the family for which nobody listens."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.suppose.hints.hint import Hinted, Prose, words
from hairpin.suppose.hints.phrases import HOST_NETWORK, SOCKETS
from hairpin.suppose.hints.told_names import SURE

_LOOPBACK = r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[::1\])(?![\w.])"
_FORWARDS = words(
    r"\b(?:forward(?:ing|ed|s)?(?: (?:to|host(?: ?name)?(?: ?/ ?ip)?|ip))?|proxy_pass|reverse_proxy|ProxyPass|upstream"
    r"|proxy hosts?|proxie[sd]|backend|destination|target)\b(?:[^\n]{0,60}?[\s:=>\"'/(])?"
    rf"{_LOOPBACK}"
    rf"|(?<![.\w])server [\w-]+ {_LOOPBACK}:\d"
    rf"|^[^\n]{{0,20}}\b(?:config|settings|scheme|details)\w*:?\s*\n(?:\s*[-*•] [^\n]*\n){{0,3}}\s*[-*•] {_LOOPBACK}"
    r"\s*\n\s*[-*•] \d{2,5}\b"
)
_ALWAYS_INSIDE = re.compile(
    r"\bnginx[ -]?proxy[ -]?manager|\bnpmplus\b|\b(?:linuxserver/)?swag\b|\bjwilder/nginx-proxy|\bjc21/", re.IGNORECASE
)
"""Proxies that are distributed as images only."""
_NAMES = r"(?:nginx|caddy|traefik|haproxy|httpd|apache|envoy|kong|proxy)"
_INSIDE = words(
    rf"\b{_NAMES} (?:\w+ )?(?:runs? |running |is )?(?:also )?(?:in|as|inside) (?:a |its |the )?(?:own )?(?:docker )?"
    rf"(?:container|docker)\b|\b{_NAMES}[ -]container\b|\bdockeri[sz]ed {_NAMES}\b|\bcontainer of {_NAMES}\b"
    rf"|\bdocker (?:run|exec)\b[^\n]{{0,120}}\b{_NAMES}\b|\bimage: ?\S*{_NAMES}\b|\bcontainer (?:with|for) {_NAMES}\b"
)
_IMAGE = re.compile(r"(?:^|[/_-])(?:nginx|caddy|traefik|haproxy|httpd|envoy|swag|kong)", re.IGNORECASE)
_ON_HOST = words(
    rf"\b{_NAMES}\b[^.\n]{{0,30}}\b(?:on|of) (?:the|my) (?:docker )?(?:host|server|machine)\b|\bhost(?:'s)? {_NAMES}\b"
    rf"|systemctl \w+ {_NAMES}|apt(?:-get)? install\b[^\n]*{_NAMES}|/etc/(?:nginx|apache2|haproxy)/(?:sites-|haproxy)"
)
_ASKED = words(r"bad (?:gateway|request)|\b50[234]\b|refused|error page|\b400\b|unreachable|unavailable|time[sd]? ?out")


def forwards_to_itself(prose: Prose, host: Host) -> Iterator[Hinted]:
    """Yield the hint of a proxy in a container whose settings name localhost as the target."""
    found = _FORWARDS.search(prose.text)
    if found is None or _ASKED.search(prose.text) is None or re.search(HOST_NETWORK, prose.text) is not None:
        return
    proxies = [each for each in host.containers() if _IMAGE.search(each.image) is not None]
    if any(each.network_mode == "host" for each in proxies):
        return
    is_sure = _ALWAYS_INSIDE.search(prose.text) is not None or (bool(proxies) and _ON_HOST.search(prose.text) is None)
    if not is_sure and (_INSIDE.search(prose.text) is None or _ON_HOST.search(prose.text) is not None):
        return
    number, quote = prose.line_at(found.start())
    means = message("In a container, localhost is the container itself: the proxy asks itself")
    shows = message("the proxy runs in a container, and the address behind the proxy is a loopback address")
    command = "docker compose config; docker ps"
    yield Hinted("loopback-is-the-container", SURE, command, shows, means, number, quote)


_LOOPBACK4 = int(IPv4Address("127.0.0.1"))
_ASKED_AT = {
    4: re.compile(r"(?<![\d.])127\.0\.0\.1(?!\.?\d)(?::(?P<port>\d+))?"),
    6: re.compile(r"(?:\[::1\]|(?<![\w:.])::1(?![\w:]))(?::(?P<port>\d+))?"),
}
_LISTENING = re.compile(
    r"\blisten\w*|\bserving\b|\bbound\b|\bbind\w*|\bpublish\w*|\brunning (?:on|at)\b", re.IGNORECASE
)


def asks_other_family(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint of a service that listens for one family only, as a told list of sockets shows, if the text says
    that a client asks the loopback address of the other family."""
    for namespace in host.namespaces:
        if (namespace.name, "sockets") not in told.parts:
            continue
        listening = [each for each in namespace.sockets if each.protocol == "tcp"]
        for each in listening:
            other = 4 if each.version == 6 else 6
            is_open = each.address is None
            if not (is_open or _is_loopback(each)) or any(_is_served(one, each.port, other) for one in listening):
                continue
            place = next(_lines_that_ask(prose, told, other, each.port, is_named=is_open), None)
            if place is None:
                continue
            own, asked = ("::1", "127.0.0.1") if each.version == 6 else ("127.0.0.1", "::1")
            own = ("::" if each.version == 6 else "0.0.0.0") if is_open else own
            means = message(
                "Port {port} is open at {own} only, and the client asks {asked}: the name localhost may mean either "
                "address", port=each.port, own=own, asked=asked)  # fmt: skip
            shows = message("the line of port {port} has the address {own} only", port=each.port, own=own)
            yield Hinted("service-listens-on-wrong-family", SURE, SOCKETS, shows, means, *place)
            return


def _lines_that_ask(
    prose: Prose, told: ToldParts, version: int, port: int, *, is_named: bool
) -> Iterator[tuple[int, str]]:
    """Yield each line in which a client asks the loopback address of a family.  ``is_named``: whether the line has to
    name the port."""
    for found in _ASKED_AT[version].finditer(prose.text):
        number, quote = prose.line_at(found.start())
        is_port = found["port"] == str(port) or (found["port"] is None and not is_named)
        if is_port and _LISTENING.search(quote) is None:
            yield number, quote
    for each in told.outcomes:
        if each.failed and each.port == port and each.host == ("127.0.0.1" if version == 4 else "::1"):
            yield each.line, each.target


def _is_loopback(socket: Socket) -> bool:
    return socket.address == (1 if socket.version == 6 else _LOOPBACK4)


def _is_served(socket: Socket, port: int, version: int) -> bool:
    """Return whether the socket accepts connections to the port at the loopback address of a family."""
    if socket.port != port:
        return False
    if socket.address is None:
        return socket.version == version or (socket.version == 6 and not socket.v6only)
    return socket.version == version and _is_loopback(socket)
