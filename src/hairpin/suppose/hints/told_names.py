"""Hints from a text about containers that do not run, names and addresses that no container has because they are
mistyped, and processes that listen on a port."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from ipaddress import IPv4Address

from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.sought import Sought
from hairpin.suppose.hints.deciding import JOINED, NAME_SERVERS
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.words.pattern import sought

SURE = 30
"""The weight of a hint that the text states in plain words.  Such a hint also stands before the causes that an error in
the text may have."""
_STOPPED = Sought(
    r"^(?P<name>[\w.-]+) exited with code \d+|Cannot link to a non running container: /(?P<target>[\w.-]+) AS "
    r"\S*/[\w.-]+|Error response from daemon: Container (?P<id>\w+) is not running",
    re.MULTILINE,
)
_PROXIED = Sought(r"\b(?:proxy_pass\s+\w+://|fastcgi_pass\s+|reverse_proxy\s+(?:\w+://)?)(?P<name>[A-Za-z][\w.-]*)")
_LEAST_LISTED = 2
_GIVEN = (
    r"(?:--name|--alias|--network-alias|--hostname)[= ]{name}\b|^[ \t-]*(?:\w+: ?)?[\"']?{name}[\"']?:?[ \t]*$"
    r"|:{name}\b"
)
"""Matches an option, a key or a line of a list that gives a container the name."""
_LIKE = 0.8
"""If two names are at least this similar (``difflib``), one of them counts as the other name, mistyped."""
_OF_HOST = ("host.docker.internal", "host.containers.internal", "gateway.docker.internal")
_NEARLY_HOST = Sought(
    r"(?<![\w.-])(?:(?:docker\.host|host\.internal|internal\.host|docker\.internal|internal\.docker)\.(?:internal"
    r"|docker|host)|host[-_.]?docker[-_.]?(?:intern|interal|internel|interna|internl|inernal|itnernal|intenal"
    r"|internals)|host[-_]docker[-_.]internal|host\.docker[-_]internal|hostdocker\.internal|host\.dockerinternal"
    r"|hosts?\.dockers?\.(?:internals|local)|docker-?host\.internal|host\.docker|hosts\.docker\.internal"
    r"|host\.dockers\.internal|host\.(?:doker|dokcer|dcoker|docer|docke|dockr)\.internal|(?:hots|hsot|ost"
    r"|hst)\.docker\.internal|host\.containers?\.(?:interal|internel|intern)|host\.container\.internal)(?![\w.-])",
    re.IGNORECASE,
)
"""Matches names that look like the engine's names for the host, and that no engine has."""
_OTHER_FIRST = ("gateway", "kubernetes", "vm", "http", "hubproxy", "registry-1")
_LOOPBACK_NET = 127
_POOLS = range(16, 32)
_ADDRESS = Sought(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_OF_CONTAINER = Sought(r"\bIP(?:v4)?Address\"?[:=]? ?\"?(?P<address>(?:\d{1,3}\.){3}\d{1,3})")
_LOOPBACK = message("an address of the client's own loopback (127.0.0.0/8)")
_UNKNOWN = message("an address that nobody here has")
_PROXY = sought(r"\b(?:nginx-proxy|traefik|reverse[ -]proxy|nginx proxy manager|caddy|haproxy|swag)\b")
_GATEWAY_ERROR = sought(r"\b50[234]\b|bad gateway|gateway time-?out|service unavailable")
_LSOF = Sought(
    r"^(?P<process>\S+)\s+(?P<pid>\d+)\s+\S+\s+\d+u\s+IPv[46]\s.*\b(?:TCP|UDP) \S*:(?P<port>\d+)(?: \(LISTEN\))?\s*$"
)
_OF_ENGINE = ("docker", "com.docke", "conmon", "rootlessp", "pasta")
_TAKEN = sought(r"\b(?:bind|binding|in use|conflicts?|taken|occupied|allocated)\b|占用")


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
        yield Hinted("container-not-running", SURE, means, number, quote, command=command, shows=shows)
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
    for name, line, quote in asked:
        like = get_close_matches(name, known, 1, _LIKE) if "." not in name and name not in known else ()
        for other in like:
            means = message(
                "No container has the name {name}. A container has the similar name {other}", name=name, other=other
            )
            shows = message("no container or alias is called {name}", name=name)
            yield Hinted("", SURE, means, line, quote, command=JOINED, shows=shows)
            return


def names_of_nobody(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a client asks for a short name which none of the listed containers has: no container, no
    service and no alias.  At least two containers have to be listed, because a client lists itself."""
    listed = [each for each in host.containers() if each.name in told.containers | told.typed]
    known = {name for each in listed for name in (each.name, each.service, *each.service_names, *each.extra_names)}
    if len(listed) < _LEAST_LISTED:
        return
    for each in told.outcomes:
        name = each.host
        if each.result != "no-name" or not name or "." in name or name in known or name == "localhost":
            continue
        if get_close_matches(name, known, 1, _LIKE):
            continue  # it is mistyped
        if re.search(_GIVEN.format(name=re.escape(name)), prose.text, re.MULTILINE) is not None:
            continue
        means = message(
            "None of the listed containers has the name {name}. Only the name of a service, container_name and an "
            "alias resolve, and only on a common network", name=name)  # fmt: skip
        shows = message("no container or alias is called {name}", name=name)
        weight = SURE - 2 if "external:" in prose.text else SURE
        yield Hinted("", weight, means, each.line, each.target, command=JOINED, shows=shows)
        return


def mistyped_host_name(prose: Prose) -> Iterator[Hinted]:
    """Yield the hint that a client asks for a name that is nearly the engine's name for the host."""
    for found in _NEARLY_HOST.finditer(prose.text):
        name = found[0].lower()
        if name in _OF_HOST or name.split(".", 1)[0] in _OTHER_FIRST:
            continue
        likely = next(iter(get_close_matches(name, _OF_HOST, 1, _LIKE)), _OF_HOST[0])
        means = message(
            "No machine has the name {name}. The engine's name for the host is {other}", name=name, other=likely
        )
        shows = message("the name has no address in the container")
        number, quote = prose.line_at(found.start())
        yield Hinted(
            "", SURE, means, number, quote, command=f"docker exec CONTAINER getent hosts {name} {likely}", shows=shows
        )
        return


def mistyped_addresses(prose: Prose, host: Host, told: ToldParts, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that a client asks a mistyped address: one of loopback that looks like one of the engine, the
    reverse, or the digits of a known address in another order."""
    asked = [(str(IPv4Address(each.daddr)), 0, "") for each in flows if each.version == 4]
    asked += [
        (each.host, each.line, each.target) for each in told.outcomes if each.failed and _ADDRESS.fullmatch(each.host)
    ]
    ends = (end for container in host.containers() for end in container.endpoints)
    known = {str(IPv4Address(each.ipv4)) for each in ends if each.ipv4 is not None}
    known |= {each["address"] for each in _OF_CONTAINER.finditer(prose.text)}
    at_home = "192.168." in prose.text
    for address, line, quote in asked:
        meant = _probable_address(address, known, at_home=at_home)
        if meant is None:
            continue
        number, said = (line, quote) if line else prose.line_at(max(0, prose.text.find(address)))
        cause = "loopback-is-the-container" if address.startswith("127.") else ""
        means = message("{address} is {kind}. {other} was probably meant", address=address, other=meant,
                        kind=_LOOPBACK if cause else _UNKNOWN)  # fmt: skip
        shows = message("no link and no container has the address {address}", address=address)
        command = f"{JOINED}; ip addr; ip route get {address}"
        yield Hinted(cause, SURE, means, number, said, command=command, shows=shows)
        return


def _probable_address(address: str, known: set[str], *, at_home: bool) -> str | None:
    """Return the address that was probably meant, or None if the address is not mistyped.  ``known``: the containers'
    addresses.  ``at_home``: whether the text has addresses of 192.168.0.0/16."""
    octets = address.split(".")
    first, second = int(octets[0]), int(octets[1])
    if first == _LOOPBACK_NET:
        return ".".join(("172", *octets[1:])) if second in _POOLS else None
    if address == "172.0.0.1":
        return "127.0.0.1"
    if [first, second] in ([192, 186], [198, 168], [196, 168]) and at_home:
        return ".".join(("192", "168", *octets[2:]))
    digits = sorted(address)
    others = (each for each in known if each != address and sorted(each) == digits)
    return next((each for each in others if _is_swapped(each.split("."), octets)), None)


def _is_swapped(one: list[str], other: list[str]) -> bool:
    """Return whether two addresses differ only in one part that has the same digits in another order, and that is not
    the last part: the last parts of two machines may have the same digits."""
    apart = [(left, right) for left, right in zip(one[:3], other[:3], strict=True) if left != right]
    return one[3] == other[3] and len(apart) == 1 and sorted(apart[0][0]) == sorted(apart[0][1])


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
            yield Hinted("no-common-network-for-name", 26, means)
            return


def holders_in(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str, re.Match[str]]]:
    """Yield the lines in which ``lsof`` lists a socket of a process that is no engine's, with their numbers and their
    parts ``process``, ``pid`` and ``port``."""
    for number, line in lines:
        found = _LSOF.match(line)
        if found is not None and not found["process"].startswith(_OF_ENGINE):
            yield number, line, found


def held_by_another(lines: Iterable[tuple[int, str]], prose: Prose, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that ``lsof`` lists a process on the port that the engine could not bind."""
    ports = {str(each.dport) for each in flows}
    if _TAKEN.search(prose.text) is None:
        return
    for number, line, found in holders_in(lines):
        if found["port"] in ports:
            means = message(
                "{process} (process {pid}) has port {port} of the host, so the engine cannot publish it",
                process=found["process"], pid=found["pid"], port=found["port"],
            )  # fmt: skip
            yield Hinted("published-port-held-by-other-process", SURE, means, number, line)
            return


_NAME_FAILED = sought(
    r"could(?: not|n't) resolve|temporary (?:failure|error) (?:in name|resolving)|name resolution|bad address"
    r"|\bEAI_AGAIN\b|no such host|servers? could be reached|can(?:no|')t resolve|\bnot? (?:be )?resolv\w+|\bDNS\b"
    r"|unknown host|\bUNKNOWN_HOST\b|name or service not known|域名|解析"
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
    yield Hinted("", 28, means, *prose.line_at(found.start()), command=NAME_SERVERS.replace("{container}", container),
        shows=shows)  # fmt: skip
