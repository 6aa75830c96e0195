"""Hints about a client that asks localhost or an old address.

A reverse proxy in a container forwards to localhost, which is the proxy's own container.  A client asks 127.0.0.1, and
the service listens for IPv6 only, or the other way round.  A proxy keeps the address that a container had before."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.deciding import SOCKETS
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.words.pattern import sought

_LOOPBACK = r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[::1\])(?![\w.])"
_FORWARDS = sought(
    r"\b(?:forward(?:ing|ed|s)?(?: (?:to|host(?: ?name)?(?: ?/ ?ip)?|ip))?|proxy_pass|reverse_proxy|ProxyPass|upstream"
    r"|proxy hosts?|proxie[sd]|backend|destination|target)\b(?:[^\n]{0,60}?[\s:=>\"'/(])?"
    rf"{_LOOPBACK}|(?<![.\w])server [\w-]+ {_LOOPBACK}:\d|^[^\n]{{0,20}}\b(?:config|settings|scheme"
    rf"|details)\w*:?\s*\n(?:\s*[-*•] [^\n]*\n){{0,3}}\s*[-*•] {_LOOPBACK}"
    r"\s*\n\s*[-*•] \d{2,5}\b"
)
_ALWAYS_INSIDE = Sought(
    r"\bnginx[ -]?proxy[ -]?manager|\bnpmplus\b|\b(?:linuxserver/)?swag\b|\bjwilder/nginx-proxy|\bjc21/", re.IGNORECASE
)
"""Proxies that are distributed as images only."""
_NAMES = r"(?:nginx|caddy|traefik|haproxy|httpd|apache|envoy|kong|proxy)"
_INSIDE = sought(
    rf"\b{_NAMES} (?:\w+ )?(?:runs? |running |is )?(?:also )?(?:in|as|inside) (?:a |its |the )?(?:own )?(?:docker )?"
    rf"(?:container|docker)\b|\b{_NAMES}[ -]container\b|\bdockeri[sz]ed {_NAMES}\b|\bcontainer of {_NAMES}\b"
    rf"|\bdocker (?:run|exec)\b[^\n]{{0,120}}\b{_NAMES}\b|\bimage: ?\S*{_NAMES}\b|\bcontainer (?:with|for) {_NAMES}\b"
)
_IMAGE = Sought(r"(?:^|[/_-])(?:nginx|caddy|traefik|haproxy|httpd|envoy|swag|kong)", re.IGNORECASE)
_ON_HOST = sought(
    rf"\b{_NAMES}\b[^.\n]{{0,30}}\b(?:on|of) (?:the|my) (?:docker )?(?:host|server|machine)\b|\bhost(?:'s)? {_NAMES}\b"
    rf"|systemctl \w+ {_NAMES}|apt(?:-get)? install\b[^\n]*{_NAMES}|/etc/(?:nginx|apache2|haproxy)/(?:sites-|haproxy)"
)
_ASKED = sought(
    r"bad (?:gateway|request)|\b50[234]\b|refused|error page|\b400\b|unreachable|unavailable|time[sd]? ?out"
)


def forwards_to_itself(prose: Prose, host: Host) -> Iterator[Hinted]:
    """Yield the hint of a proxy in a container whose settings name localhost as the target."""
    found = _FORWARDS.search(prose.text)
    if found is None or _ASKED.search(prose.text) is None or sought("{host_network}").search(prose.text) is not None:
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
    yield Hinted("loopback-is-the-container", SURE, means, number, quote, shows=shows)


_RESOLVES_ONCE = sought(
    r"\b(?:nginx|openresty|npm|swag|tengine|haproxy|httpd|apache2?|envoy|reverse[ -]proxy)\b|反向代理"
)
"""Proxies that look a name up when they start, and then keep its address."""
_FAILS = sought(
    r"\b50[234]\b|bad gateway|gateway time-?out|connect\(\) failed|no route to host|host (?:is )?unreachable"
    r"|while connecting to upstream"
)
_PROXY_HELPS = sought(
    r"(?a:\b(?:re-?start|reload|re-?load|re-?creat)\w*\b[^\n.]{0,30}\b(?:nginx|(?:the |reverse[ -])?proxy|haproxy"
    r"|apache|npm|gateway)\b[^\n.]{0,60}\b(?:helps?|helped|fix(?:es|ed)?|solve[sd]?|works?|resolve[sd]?|again|cures?"
    r"|back)\b|\b(?:until|unless|after|only if|have to|need to|must)\b[^\n.]{0,30}\b(?:re-?start"
    r"|reload)\w*\b[^\n.]{0,20}\b(?:nginx|(?:the |reverse[ -])?proxy|haproxy|apache)\b|\b(?:until|unless"
    r"|after)\b[^\n.]{0,20}\b(?:nginx|(?:the |reverse[ -])?proxy|haproxy)\b[^\n.]{0,12}\b(?:re-?start|reload)\w*|nginx "
    r"-s reload[^\n]{0,40}\b(?:helps?|works?|fix\w*|solve\w*)|\bold (?:ip|address)\b|\b(?:ip"
    r"|address)\b[^\n.]{0,40}\b(?:changed|changes)\b|\bstale (?:ip|address|upstream)|\bcach(?:es|ed"
    r"|ing)\b[^\n.]{0,30}\b(?:ip|address|dns))|重启 ?nginx[^\n]{0,12}(?:正常|恢复|好了|可以|解决)|nginx "
    r"重启[^\n]{0,12}(?:正常|恢复|好了|可以)|(?:ip|地址)(?:变|改变|发生变化)了?"
)
_REJOINED = sought(r"\bnetwork disconnect\b")
_MADE_ANEW = sought(
    r"(?a:\b(?:after|when|whenever|once|since|if|each time|every time)\b[^\n.]{0,50}\b(?:re-?creat|re-?deploy|re-?build"
    r"|re-?built|replac|re-?start|updat|upgrad)\w*\b[^\n.]{0,60}\b(?:containers?|services?|backends?|apps?|api"
    r"|upstreams?|stack|pods?)\b|\b(?:containers?|services?|backends?|apps?|api|upstreams?)\b[^\n.]{0,20}\b(?:is|was"
    r"|were|gets?|got|has been)?\s*(?:re-?creat|re-?deploy|re-?build|re-?built|replac)\w*|--force-recreate\b"
    r"|\bwatchtower\b)|(?:重建|重新部署|重新创建|更新|重启)[^\n]{0,10}(?:容器|服务|后端)"
)
_UPSTREAM = Sought(r"\bupstream: \"(?:\w+:)?//(?P<address>(?:\d{1,3}\.){3}\d{1,3})[:/]")
_ALONE = Sought(r"^[ \t]*(?:/?[\w.-]+:?[ \t]+)?(?P<address>(?:\d{1,3}\.){3}\d{1,3})(?:/\d{1,2})?[ \t]*$", re.MULTILINE)
"""Matches a line with an address alone, or after a name: the output of ``docker inspect -f``."""


def keeps_old_address(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint of a proxy that keeps the address which a container had when the proxy started."""
    text = prose.text
    shown = {str(IPv4Address(end.ipv4)) for each in host.containers() for end in each.endpoints
             if end.ipv4 is not None and each.name in told.containers}  # fmt: skip
    shown |= {each["address"] for each in _ALONE.finditer(text)}
    asked = next((each for each in _UPSTREAM.finditer(text) if _is_gone(each["address"], shown)), None)
    weight, found = SURE, asked
    if found is None and _RESOLVES_ONCE.search(text) is not None and _FAILS.search(text) is not None:
        found = _PROXY_HELPS.search(text) or _REJOINED.search(text)
        if found is None:
            weight, found = 24, _MADE_ANEW.search(text)
    if found is None:
        return
    means = message(
        "The proxy looked the container's name up once, at its start, and goes on to send to the old address, although "
        "the container now has another one: a restart or a reload of the proxy, or `resolver 127.0.0.11` with a "
        "variable in proxy_pass, lets it ask again"
    )
    number, quote = prose.line_at(found.start())
    yield Hinted("name-pinned-to-old-address", weight, means, number, quote)


def _is_gone(address: str, shown: set[str]) -> bool:
    """Return whether no shown container has the address, and a shown container has an address beside it."""
    beside = address.rpartition(".")[0]
    return address not in shown and any(each.rpartition(".")[0] == beside for each in shown)


_LOOPBACK4 = int(IPv4Address("127.0.0.1"))
_ASKED_AT = {
    4: Sought(r"(?<![\d.])127\.0\.0\.1(?!\.?\d)(?::(?P<port>\d+))?"),
    6: Sought(r"(?:\[::1\]|(?<![\w:.])::1(?![\w:]))(?::(?P<port>\d+))?"),
}
_LISTENING = Sought(r"\blisten\w*|\bserving\b|\bbound\b|\bbind\w*|\bpublish\w*|\brunning (?:on|at)\b", re.IGNORECASE)


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
            yield Hinted("service-listens-on-wrong-family", SURE, means, *place, command=SOCKETS, shows=shows)
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
