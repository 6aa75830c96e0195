"""Hints from the asked port or name together with words: a port that browsers refuse, a port that nothing in the text
publishes, the engine's name for the host, and a service of the host at a loopback address."""

from collections.abc import Iterator

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.docker import Container, PortBinding
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.prefix import address_text
from hairpin.pasted.forms.outcomes.outcome import is_loopback as is_own_loopback
from hairpin.question.asked import Origin
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.words.pattern import sought

_HOSTS_NETWORK = sought("{host_network}")
_IN_DESKTOP = sought("{desktop}")
_POOL = sought(r"(?<![\d.])172\.(?:1[6-9]|2\d|3[01])\.\d+\.(?!1\b)\d+(?![\d.:/])")
_FROM_PC = sought(
    r"(?a:\b(?:my) (?:own )?(?:pc|computer|machine|host|laptop|mac)\b|\b(?:the|my|a) browser\b|\bfrom (?:the )?(?:host"
    r"|windows)\b)|浏览器|宿主机|本机"
)
_CONTAINERS_OWN = sought(r"(?a:\bcontainers?\b|\bdocker\b)|容器")
_BETWEEN_CONTAINERS = sought(
    r"\b(?:other|another|two|both|between|second) (?:\w+ )?containers?\b|\bfrom (?:inside |within )?(?:the |a )?(?:\w+ "
    r")?container\b|\brouter\b|\broutes?\b|\bvpn\b|\boverlap|\bsubnet\b|容器内|容器里"
)
_NO_PORTS_SHOWN = sought(
    r"(?a:\b(?:docker|portainer|container)\b[^\n.]{0,60}\b(?:shows?|lists?|has|have|with|see"
    r"|display\w*)\b[^\n.]{0,12}\bno (?:\w+ )?ports?\b|\b(?:does(?: not|n't)|do(?: not|n't)) (?:show|list|see|display) "
    r"(?:any |the )?(?:\w+ )?ports?\b|\bports? (?:column |field |section )?(?:is|are|stays?) (?:empty|missing|blank)\b"
    r"|\b(?:empty|blank) ports? (?:column|field|list)\b)|(?:看不到|没有|没显示|不显示)[^\n，。]{0,8}端口"
    r"|端口[^\n，。]{0,4}(?:为空|是空|空白|没有显示)"
)
_CUSTOM = sought(r"(?a:\b(?:custom|bridge|user[- ]defined|own) (?:docker )?network\b|\bbridge mode\b)|自定义网络|桥接")
_HOST_HELPS = sought(
    r"(?a:\b(?:with|on|in|to|using|use|via) (?:the )?host(?:'s)?[ -]?(?:network\w*|mode)\b[^\n.]{0,60}\b(?:works?"
    r"|worked|fine|reach\w*|ok|opens?|accessible|loads?)\b|\bhost[ -](?:network\w*|mode)\b[^\n.]{0,20}\b(?:works?"
    r"|worked|is fine|is ok)\b)|host ?(?:网络|模式)?[^\n，。]{0,8}(?:没问题|正常|可以)"
)
_INBOUND = sought(
    r"(?a:\bweb ?(?:ui|page|site|interface)\b|\bbrowser\b|\bcan(?:not|'t) be (?:reached|accessed|opened)\b|\bports?\b"
    r"|\bopen (?:the|its) page\b)|浏览器|访问不了|打不开|端口"
)
_OUTBOUND = sought(
    r"\binternet\b|外网|上网|\bresolv\w+|\bdns\b|\bapt(?:-get)?\b|\bmulticast\b|\bm-?dns\b|\bmacvlan\b|\bipvlan\b|\bbr0\b"
)
_PUBLISHED = sought(
    r"-p ?\d|--publish|\bports?[\"']? ?:|->\d+/(?:tcp|udp)|\bEXPOSE\b|\bpublish\w*|\bport[ -]?(?:mapping|forward)\w*"
    r"|\bmap(?:s|ped|ping)?\b|映射|(?<![\d:.])\d{2,5}:\d{2,5}(?!:|\d)|\b(?:docker )?run -P\b"
)
_ADDED = sought(r"--add-host|\bextra_hosts\b|\bhost-gateway\b|\bPodmanArgs\b")
_STARTED = sought(r"\bdocker(?:-| )compose\b|\bdocker (?:container )?run\b|^\s*services:")
_NAME = "host.docker.internal"
_NAME_UNKNOWN = sought(
    r"(?:ENOTFOUND|EAI_AGAIN|could(?: not|n't) resolve(?: host)?:?|bad address|lookup|unknown host|can't resolve|for "
    r"host|find|host name) ?\\?['\"]?host\.docker\.internal|host\.docker\.internal\\?['\"]?(?: to address)?:? (?:name "
    r"or service not known|no such host|nodename nor|temporary failure|NXDOMAIN|not found|could(?: not|n't) be resolved"
    r"|does(?: not|n't) resolve)"
)
_GATEWAY = sought(r"host\.(?:docker|containers)\.internal|\bhost-gateway\b|\b172\.17\.0\.1\b")
_IN_A_LOG = Sought(r"[\w.-]+\s*\||\[?\d{4}[-/]\d\d[-/]\d\d|time=")
"""Matches a line that a program has logged, perhaps inside of a container."""
_NAME_KNOWN = sought(r"\b172\.17\.0\.1\b|\b192\.168\.65\.\d+\b|\brefused\b|\btimed out\b|\b50[234]\b|no route to host")


def unpublished_port(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield that no port is published, if the text tells of a container's port and of no publication."""
    shown = _told_containers(host, told)
    if _PUBLISHED.search(prose.text) is not None or any(each.bindings for each in shown):
        return
    if any(each.network_mode == "host" for each in shown):
        return
    for found, weight in _signs(prose.text):
        means = message("Nothing in the text publishes a port of the container: only this host reaches its own address")
        yield Hinted("port-not-published", weight, means, *prose.line_at(found))
        return


def _told_containers(host: Host, told: ToldParts) -> tuple[Container, ...]:
    """Return the containers that the text shows, without those that are only supposed."""
    return tuple(each for each in host.containers() if each.name in told.containers | told.typed)


def _signs(text: str) -> Iterator[tuple[int, int]]:
    """Yield each sign that no port is published: its place in the text and its weight."""
    if (found := _NO_PORTS_SHOWN.search(text)) is not None and _CONTAINERS_OWN.search(text) is not None:
        yield found.start(), 28
    if _OUTBOUND.search(text) is None:
        helps = _HOST_HELPS.search(text)
        if helps is not None and _CUSTOM.search(text) is not None and _INBOUND.search(text) is not None:
            yield helps.start(), 26
    asked = _POOL.search(text)
    is_from_pc = _FROM_PC.search(text) is not None and _CONTAINERS_OWN.search(text) is not None
    is_other = _BETWEEN_CONTAINERS.search(text) is not None or _HOSTS_NETWORK.search(text) is not None
    if asked is not None and is_from_pc and not is_other:
        yield asked.start(), 24


def unknown_host_name(prose: Prose, host: Host, told: ToldParts, asking: str) -> Iterator[Hinted]:
    """Yield that a container of Linux does not know host.docker.internal, if no option in the text adds this name."""
    if any(engine.kind == "podman" for engine in host.engines):
        return
    said = _NAME_UNKNOWN.search(prose.text)
    unresolved = next((each for each in told.outcomes if each.host == _NAME and each.result == "no-name"), None)
    is_sure = said is not None or unresolved is not None
    place = prose.text.find(_NAME)
    if not is_sure:
        answered = any(each.host == _NAME and each.result not in ("failed", "no-name") for each in told.outcomes)
        if place < 0 or answered or _NAME_KNOWN.search(prose.text) is not None:
            return
        if _IN_DESKTOP.search(prose.text) is not None:
            return
        if not told.typed and _STARTED.search(prose.text) is None:
            return
    if _ADDED.search(prose.text) is not None or any(_NAME in each.extra_names for each in host.containers()):
        return
    number, quote = prose.line_at(said.start() if said is not None else max(0, place))
    if said is None and unresolved is not None:
        number, quote = unresolved.line, unresolved.target
    means = message(
        "On Linux no container knows the name host.docker.internal, unless it was made with "
        "--add-host host.docker.internal:host-gateway: the name does not resolve"
    )
    shows = message("the name has no address in the container")
    command = f"docker exec {asking} getent hosts host.docker.internal"
    yield Hinted("", SURE if is_sure else 24, means, number, quote, command=command, shows=shows)


def host_service_on_loopback(
    prose: Prose, host: Host, told: ToldParts, origin: Origin | None, *, has_failure: bool
) -> Iterator[Hinted]:
    """Yield that a service of the host listens at a loopback address, if a container asks it by a name or an address
    that means the host.  A question from a container needs no stated failure: the text says where the service
    listens."""
    from_container = origin is not None and origin.kind == "container"
    if not (from_container or (origin is None and has_failure)) or _GATEWAY.search(prose.text) is None:
        return
    if any(each.network_mode == "host" for each in host.containers()) or _HOSTS_NETWORK.search(prose.text):
        return
    of_containers = {port for one in _told_containers(host, told) for each in one.bindings for port in _ports(each)}
    numbers = dict(prose.line_at(start) for start in prose.starts)
    for each in told.listeners:
        quote = numbers.get(each.line, "")
        if not each.address or each.port in of_containers or _IN_A_LOG.match(quote) is not None:
            continue
        means = message("The service listens on 127.0.0.1:{port} of the host, and containers ask another address",
                        port=each.port)  # fmt: skip
        yield Hinted("host-service-listens-on-loopback", SURE, means, each.line, quote)
        return


def _ports(binding: PortBinding) -> tuple[int, ...]:
    return tuple(each for each in (binding.host_port, binding.container_port) if each)


def own_public_address(host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield that the host does not reach itself at its public address: the host's own client gets no answer there, but
    gets one at a loopback address and the same port, and the told addresses of the host lack the address."""
    own = [each for each in told.outcomes if each.origin == HOST]
    served = {each.port for each in own if not each.failed and is_own_loopback(each.host)}
    held = {address_text(each.value, each.version) for each in host.namespace(HOST).addresses}
    for each in own:
        lost = each.result in ("timeout", "unreachable") and each.port in served and each.host not in held
        if lost and _is_public(each.host):
            means = message(
                "The host has no address {address}, and gets no answer there from its own port {port}: its provider "
                "translates the address, and does not send the host's own packets back to it",
                address=each.host, port=each.port,
            )  # fmt: skip
            yield Hinted("nat-loopback-on-cloud-address", _OWN, means, each.line, each.target)
            return


_OWN = 24
_PRIVATE = Sought(
    r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|127\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
)
_IPV4 = Sought(r"\d{1,3}(?:\.\d{1,3}){3}")


def _is_public(address: str) -> bool:
    return _IPV4.fullmatch(address) is not None and _PRIVATE.match(address) is None
