"""Hints from settings of services in Compose files, `docker run` lines and Dockerfiles: the port and the address on
which a program listens, and the port and the network that a label gives to a proxy.

The containers' readings have no environment and no labels, because these hold secrets.  Therefore these hints look at
the lines of the text (``pasted/text.py`` tells which of them are kept).

Source: traefik docs, reference/install-configuration/providers/docker (loadbalancer.server.port, docker.network)
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.sought import Sought
from hairpin.suppose.hints.deciding import JOINED
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.suppose.parts import inside_command
from hairpin.words.hints import said_by_name
from hairpin.words.pattern import sought

_PAIR = Sought(
    r"(?:^\s*(?:-\s+)?[\"']?|(?:-e|--env|--label|-l|ENV)[ =][\"']?)"
    r"(?P<key>[A-Z][A-Z0-9_]{2,40}|traefik\.[\w.-]+)[\"']?\s*[:= ]\s*[\"']?(?P<value>[^\s\"'#]+)",
    re.MULTILINE,
)
_OWN_PORT = Sought(
    r"(?:(?:APP|HTTP|HTTPS|SERVER|LISTEN|LISTENING|WEB|WEBUI|UI|GUI|SERVICE|NODE|BIND|LOCAL)_)?PORT$|ASPNETCORE_HTTP_PORTS$"
)
_OWN_ADDRESS = Sought(
    r"(?:(?:APP|HTTP|SERVER|LISTEN|WEB|WEBUI|BIND|NODE|UVICORN|GUNICORN|FLASK_RUN|\w+_BIND|\w+_LISTEN)_)?"
    r"(?:HOST|BIND|LISTEN|ADDR|ADDRESS|IP)$|FLASK_RUN_HOST$|ASPNETCORE_URLS$|OLLAMA_HOST$"
)
"""Settings that name the address on which the program itself listens.  ``DB_HOST`` names another program."""
_LOOPBACK = Sought(r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[?::1\]?)(?::(?P<port>\d+))?/?;?$")
_LISTENS_AT = Sought(r"(?:https?://)?(?:\+|\*|0\.0\.0\.0|\[::\])?:(?P<port>\d+)/?$")
_LABEL_PORT = Sought(r"traefik\.(?:(?:http|tcp)\.services\.[\w.-]+\.loadbalancer\.server\.)?port$")
_LABEL_NETWORK = Sought(r"traefik\.(?:docker\.)?network$")
_LABEL_ON = Sought(r"traefik\.")
_TRAEFIK = Sought(r"(?:^|/)traefik(?:[:@]|$)")
_HEAD = Sought(r"^\s*[\"']?(?P<name>[\w.-]+)[\"']?:\s*(?:#.*)?$|--name[ =](?P<typed>[\w.-]+)", re.MULTILINE)
"""Matches the key of a service, and the name in a command line."""
_PROXY_FAILS = sought(
    r"\b50[234]\b|bad gateway|gateway time-?out|service unavailable|\btime[sd]? ?out\b|\b404\b|not found|\brefused\b"
)
_BROKER = Sought(r"mosquitto|mqtt", re.IGNORECASE)
_OPENED = sought(
    r"\blistener \d+|allow_anonymous true|mosquitto:1\.|mosquitto (?:version )?1\.[0-6]|mosquitto\.conf:|no-auth\.conf"
    r"|not auth\w+|identifier rejected"
)
_MOSQUITTO = sought(r"\bmosquitto\b|\bmqtt\b")
_REFUSED = sought(r"connection refused|ECONNREFUSED|\brefused\b|拒绝")


class TypedSetting(NamedTuple):
    """A setting, the container of its service if the text shows it, and its place in the text."""

    key: str
    value: str
    container: Container | None
    place: int


def listens_otherwise(prose: Prose, host: Host, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that a setting makes the asked service listen on another port than the published one, or on the
    loopback address of its container."""
    led_to = ((each.name, _asked_ports(each, flows)) for each in host.containers())
    asked = {name: ports for name, ports in led_to if ports}
    for each in _settings(prose, host):
        if each.container is None or each.container.name not in asked or each.container.network_mode == "host":
            continue
        ports = asked[each.container.name]
        number, quote = prose.line_at(each.place)
        if _OWN_ADDRESS.match(each.key) and _LOOPBACK.match(each.value):
            means = message("The setting {key} makes the program listen on {value}, which nobody outside of its "
                            "container reaches", key=each.key, value=each.value)  # fmt: skip
            shows = message("the line of the port shows the address 127.0.0.1")
            yield Hinted("service-listens-on-container-loopback", SURE, means, number, quote,
                command=inside_command(each.container.name))  # fmt: skip
            continue
        port = _port_of(each)
        if port is not None and port not in ports:
            means = message("The setting {key} makes the program listen on port {port}, and packets are sent to its "
                            "port {other}", key=each.key, port=port, other=min(ports))  # fmt: skip
            shows = message("a line shows port {port}, and no line shows port {other}", port=port, other=min(ports))
            yield Hinted("service-listens-on-other-port", SURE, means, number, quote,
                command=inside_command(each.container.name), shows=shows)  # fmt: skip


def labelled_otherwise(prose: Prose, host: Host) -> Iterator[Hinted]:
    """Yield the hint that a label sends Traefik to a port that the service does not have, or that no label tells
    Traefik which of the service's networks to use."""
    if _PROXY_FAILS.search(prose.text) is None:
        return
    settings = tuple(_settings(prose, host))
    for each in settings:
        if each.container is not None and _LABEL_PORT.match(each.key) and each.value.isdigit():
            own = {port for protocol, port in each.container.exposed if protocol == "tcp"}
            own |= {binding.container_port for binding in each.container.bindings}
            if own and int(each.value) not in own:
                means = message("The label makes Traefik send requests to port {port} of the service, which has port "
                                "{other}", port=int(each.value), other=min(own))  # fmt: skip
                shows = message("a line shows port {port}, and no line shows port {other}",
                                port=min(own), other=int(each.value))  # fmt: skip
                yield Hinted("service-listens-on-other-port", SURE, means, *prose.line_at(each.place),
                    command=inside_command(each.container.name), shows=shows)  # fmt: skip
    yield from _on_another_network(prose, host, settings)


def refused_by_mosquitto(prose: Prose, host: Host) -> Iterator[Hinted]:
    """Yield the hint that a broker of MQTT refuses clients because it has no listener in its configuration."""
    broker = next((each for each in host.containers() if _BROKER.search(f"{each.image} {each.name}")), None)
    refused = _REFUSED.search(prose.text)
    is_named = broker is not None or _MOSQUITTO.search(prose.text) is not None
    if refused is None or not is_named or _OPENED.search(prose.text) is not None:
        return
    means = message(
        "Mosquitto 2.0 without a listener in its configuration listens on loopback only (local only mode), so it "
        "refuses clients in other containers. `listener 1883` and `allow_anonymous true` open it; "
        "1.6 listens on all addresses"
    )
    shows = message("the log says `Starting in local only mode`")
    served = next((each.name for each in host.containers() if "mosquitto" in each.image), "CONTAINER")
    command = f"docker logs {served}; {inside_command(served)}"
    number, quote = prose.line_at(refused.start())
    yield Hinted("service-listens-on-container-loopback", 24, means, number, quote, command=command, shows=shows)


def _on_another_network(prose: Prose, host: Host, settings: tuple[TypedSetting, ...]) -> Iterator[Hinted]:
    proxy = next((each for each in host.containers() if _TRAEFIK.search(each.image) is not None), None)
    if proxy is None or proxy.network_mode == "host":
        return
    joined = {each.network for each in proxy.endpoints}
    chosen = {id(each.container): each.value for each in settings if _LABEL_NETWORK.match(each.key)}
    for each in settings:
        if each.container is None or each.container is proxy or not _LABEL_ON.match(each.key):
            continue
        own = {end.network for end in each.container.endpoints}
        named = chosen.get(id(each.container))
        is_misnamed = named is not None and named not in own
        is_open = named is None and "docker.network=" not in prose.text and bool(own - joined) and bool(own & joined)
        if is_misnamed or is_open:
            means, shows = said_by_name("many_networks"), said_by_name("many_networks_shows")
            yield Hinted("no-common-network-for-name", SURE - 2, means, *prose.line_at(each.place),
                command=f"docker network ls; {JOINED}", shows=shows)  # fmt: skip
            return


def _settings(prose: Prose, host: Host) -> Iterator[TypedSetting]:
    """Yield the settings of the text.  A setting belongs to the service whose name was the last key or the name in the
    same command line; if the text has one container only, to this container."""
    containers = host.containers()
    named = {name: each for each in containers for name in (each.name, each.service) if name}
    found = ((each.start(), each["name"] or each["typed"]) for each in _HEAD.finditer(prose.text))
    heads = [(place, named[name]) for place, name in found if name in named]
    alone = containers[0] if len(containers) == 1 else None
    for pair in _PAIR.finditer(prose.text):
        before = [each for place, each in heads if place < pair.start()]
        yield TypedSetting(pair["key"], pair["value"], before[-1] if before else alone, pair.start("key"))


def _asked_ports(container: Container, flows: Iterable[Flow]) -> frozenset[int]:
    """Return the ports inside the container to which the asked flows lead."""
    ports: set[int] = set()
    for flow in flows:
        if flow.container != container.name:
            continue
        bound = {each.container_port for each in container.bindings if each.host_port == flow.dport}
        ports |= bound or {flow.dport}
    return frozenset(ports)


def _port_of(setting: TypedSetting) -> int | None:
    if _OWN_PORT.match(setting.key) and setting.value.isdigit():
        return int(setting.value)
    found = _LISTENS_AT.match(setting.value) if _OWN_ADDRESS.match(setting.key) else None
    return int(found["port"]) if found is not None else None
