"""Hints from a text about containers that do not run, names that no container has, and processes that listen on a
port."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.suppose.hints.hint import Hinted, Prose, words
from hairpin.suppose.hints.phrases import NAME_SERVERS, SOCKETS

SURE = 30
"""The weight of a hint that the text states in plain words.  Such a hint also stands before the causes that an error in
the text may have."""
_STOPPED = re.compile(
    r"^(?P<name>[\w.-]+) exited with code \d+|Cannot link to a non running container: /(?P<target>[\w.-]+) AS "
    r"\S*/[\w.-]+|Error response from daemon: Container (?P<id>\w+) is not running",
    re.MULTILINE,
)
_PROXIED = re.compile(r"\b(?:proxy_pass\s+\w+://|fastcgi_pass\s+|reverse_proxy\s+(?:\w+://)?)(?P<name>[A-Za-z][\w.-]*)")
_LIKE_THE_HOST = re.compile(
    r"(?<![\w.-])(?P<name>docker\.(?:host|internal)\.(?:internal|host)|internal\.docker\.host|host\.internal\.docker"
    r"|host-docker[.-]internal|host\.docker-internal|hosts?\.dockers?\.(?:intern|internals|interal|intenal|local)"
    r"|(?:hosts\.docker|host\.dockers|docker-?host)\.internal|host\.docker)(?![\w.-])"
)
"""Matches a name that somebody has mistyped for ``host.docker.internal``."""
_LIKE = 0.8
"""If two names are at least this similar (``difflib``), one of them counts as the other name, mistyped."""
_NETWORKS = "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)"
_PROXY = words(r"\b(?:nginx-proxy|traefik|reverse[ -]proxy|nginx proxy manager|caddy|haproxy|swag)\b")
_GATEWAY_ERROR = words(r"\b50[234]\b|bad gateway|gateway time-?out|service unavailable")
_LSOF = re.compile(
    r"^(?P<process>\S+)\s+(?P<pid>\d+)\s+\S+\s+\d+u\s+IPv[46]\s.*\b(?:TCP|UDP) \S*:(?P<port>\d+)(?: \(LISTEN\))?\s*$"
)
_OF_ENGINE = ("docker", "com.docke", "conmon", "rootlessp", "pasta")
_TAKEN = words(r"\b(?:bind|binding|in use|conflicts?|taken|occupied|allocated)\b|占用")


def stopped_containers(prose: Prose, told: ToldParts, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that a container has ended: the container with the asked name, or with the name that a client did
    not find."""
    asked = {each.host for each in told.outcomes if each.failed} | {each.of_container for each in flows}
    for found in _STOPPED.finditer(prose.text):
        if found["name"] and not any(_is_of(found["name"], each) for each in asked if each):
            continue
        name = found["name"] or found["target"] or found["id"]
        number, quote = prose.line_at(found.start())
        means = message("Container {name} does not run, so nobody has its name and its address", name=name)
        shows = message("the state of {name} is not Up", name=name)
        command = f"docker ps -a; docker logs --tail 50 {name}"
        yield Hinted("container-not-running", SURE, command, shows, means, number, quote)
        return


def _is_of(container: str, name: str) -> bool:
    """Return whether the container has the name, or is the compose service of this name: ``PROJECT-NAME-1``."""
    return container == name or name in re.split(r"[-_]", container)


def mistyped_names(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a client asks for a mistyped name: no container has this name, but a container has nearly the
    same name."""
    known = {name for each in host.containers() for name in (each.name, *each.service_names)}
    asked = [(each.host, each.line, each.target) for each in told.outcomes if each.result == "no-name" and each.host]
    asked += [(each["name"], *prose.line_at(each.start())) for each in _PROXIED.finditer(prose.text)]
    asked += [(each["name"], *prose.line_at(each.start())) for each in _LIKE_THE_HOST.finditer(prose.text)]
    for name, line, quote in asked:
        if _LIKE_THE_HOST.fullmatch(name) is not None:
            means = message(
                "No container has the name {name}. The engine's name for its host is {other}",
                name=name, other="host.docker.internal",
            )  # fmt: skip
            shows = message("no container or alias is called {name}", name=name)
            yield Hinted("", SURE, "docker compose config; docker ps", shows, means, line, quote)
            return
        like = get_close_matches(name, known, 1, _LIKE) if "." not in name and name not in known else ()
        for other in like:
            means = message(
                "No container has the name {name}. A container has the similar name {other}", name=name, other=other
            )
            shows = message("no container or alias is called {name}", name=name)
            yield Hinted("", SURE, _NETWORKS, shows, means, line, quote)
            return


def apart_from_a_proxy(prose: Prose, host: Host) -> Iterator[Hinted]:
    """Yield the hint that a reverse proxy has no server for a name, and that two containers of the text share no
    network."""
    if _PROXY.search(prose.text) is None or _GATEWAY_ERROR.search(prose.text) is None:
        return
    joined = [(each.name, {end.network for end in each.endpoints} or {"bridge"}) for each in host.containers()]
    for index, (name, networks) in enumerate(joined):
        other = next((each for each, theirs in joined[index + 1 :] if not networks & theirs), None)
        if other is not None:
            means = message("{name} and {other} share no network", name=name, other=other)
            yield Hinted(
                "no-common-network-for-name",
                26,
                _NETWORKS,
                message("the two containers share no network"),
                means,
                0,
                "",
            )
            return


def held_by_another(lines: Iterable[tuple[int, str]], prose: Prose, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that ``lsof`` lists a process on the port that the engine could not bind."""
    ports = {str(each.dport) for each in flows}
    if _TAKEN.search(prose.text) is None:
        return
    for number, line in lines:
        found = _LSOF.match(line)
        if found is not None and found["port"] in ports and not found["process"].startswith(_OF_ENGINE):
            means = message(
                "{process} (process {pid}) has port {port} of the host, so the engine cannot publish it",
                process=found["process"], pid=found["pid"], port=found["port"],
            )  # fmt: skip
            shows = message("a line names the port: the process in that line holds it")
            yield Hinted("published-port-held-by-other-process", SURE, SOCKETS, shows, means, number, line)
            return


_NAME_FAILED = words(
    r"could(?: not|n't) resolve|temporary (?:failure|error) (?:in name|resolving)|name resolution"
    r"|bad address|\bEAI_AGAIN\b"
    r"|no such host|servers? could be reached|can(?:no|')t resolve|\bnot? (?:be )?resolv\w+|\bDNS\b|unknown host"
    r"|\bUNKNOWN_HOST\b|name or service not known|域名|解析"
)


def silent_name_server(prose: Prose, asked: Iterable[str], container: str) -> Iterator[Hinted]:
    """Yield the hint that the asking container's name server does not answer it.  ``asked``: the names of the outside
    that the question asks for from a container.  No engine's network knows such names."""
    found = _NAME_FAILED.search(prose.text)
    if found is None or not any(asked):
        return
    means = message(
        "The container's name server does not answer the container: the engine copies the host's name servers, and "
        "from the container's network they may be out of reach. The option --dns, or dns in daemon.json, gives others"
    )
    shows = message("the container's network does not reach the container's name server")
    yield Hinted("", 28, NAME_SERVERS.replace("{container}", container), shows, means, *prose.line_at(found.start()))
