"""Joins the outputs that were found in a text to the evidence of one host.

The outputs of one host and moment become readings.  Fragments of one reading are joined: the tables of several
listings, the values of several sysctls, the facts from several commands about one container.

If a text has two listings of links, and a link of the same name has another hardware address in the second, the second
listing is from another place: the inside of a container, or another machine.  The outputs after such a listing are left
out, up to the next listing of the host's links.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from hairpin import __version__
from hairpin.evidence.reading import HOST, PASTED, SCHEMA, Evidence, Reading
from hairpin.host.link import is_engine_bridge
from hairpin.pasted.containers import (
    FORMS_OF_NETWORKS,
    containers_of,
    networks_of,
    project_of,
    with_connected,
    with_project,
)
from hairpin.pasted.counted import WHOLE
from hairpin.pasted.form import Fragment, Recognised
from hairpin.pasted.forms.engines.compose_files import ANY_ENGINE
from hairpin.pasted.forms.rules.iptables_save import ANY_BACK_END
from hairpin.pasted.merging import MERGED, merge
from hairpin.sought import Sought

_LINK = Sought(r"\d+: (?P<name>[^:@\s]+)")
_MAC = Sought(r"\s+link/ether (?P<mac>\S+)")
OF_PLACE = (
    "ip-", "sockets", "iptables-", "nft-", "sysctl", "bridge-", "conntrack", "proc-net", "ipset", "ebtables",
)  # fmt: skip
"""The beginnings of the keys of readings that belong to one network namespace."""


class Seen(NamedTuple):
    """An output: its parts, and whether the text has its command above it."""

    parts: tuple[Fragment, ...]
    named: bool


def at_home(outputs: Iterable[Seen]) -> Iterator[tuple[Fragment, ...]]:
    """Yield the parts of each output, in their order, without the parts from an unknown place."""
    every = tuple(outputs)
    listed = [(each, links) for each in every if (links := _links_in(each)) is not None]
    named = (links for each, links in listed if each.named)
    bridged = (links for _, links in listed if any(is_engine_bridge(name) for name in links))
    home = next(named, None) or next(bridged, None) or next((links for _, links in listed), None)
    is_foreign = False
    bridged_networks = _networks_of_bridges(every)
    for each in every:
        if _is_of_container(each, bridged_networks):
            yield tuple(part for part in each.parts if part.netns != HOST or not part.key.startswith(OF_PLACE))
            continue
        links = _links_in(each)
        if links is not None and not each.named and home is not None:
            is_foreign = not _is_same(links, home)
        if is_foreign and not each.named:
            yield tuple(part for part in each.parts if part.netns != HOST or not part.key.startswith(OF_PLACE))
        else:
            yield each.parts


def _networks_of_bridges(outputs: tuple[Seen, ...]) -> frozenset[str]:
    """Return the networks to which the text has a route by an engine's bridge, and docker0's usual network."""
    routes = (each for output in outputs for each in _routes_in(output))
    return frozenset({_USUAL_NETWORK, *(network for network, _, link in routes if is_engine_bridge(link))})


def _is_of_container(output: Seen, networks: frozenset[str]) -> bool:
    """Return whether the output lists the routes of a container: its only link is in a bridge's network, and its
    default route leads by the bridge's own address."""
    routes = tuple(_routes_in(output))
    links = {link for _, _, link in routes}
    gateways = [gateway for network, gateway, _ in routes if network == "default" and gateway]
    own = [network for network, gateway, _ in routes if not gateway and network in networks]
    if len(links) != 1 or len(own) != 1 or len(gateways) != 1 or any(map(is_engine_bridge, links)):
        return False
    return gateways[0] == f"{own[0].partition('/')[0].rpartition('.')[0]}.1"


def _routes_in(output: Seen) -> Iterator[tuple[str, str, str]]:
    """Yield network, gateway (empty if none) and link of each route of the host's table main in the output."""
    for part in output.parts:
        if part.netns == HOST and part.key == "ip-route4-text":
            for each in _ROUTE.finditer(part.text):
                yield each["network"], each["gateway"] or "", each["link"]


_ROUTE = Sought(r"^(?P<network>default|[\d./]+)(?: via (?P<gateway>\S+))? dev (?P<link>\S+)", re.MULTILINE)
_USUAL_NETWORK = "172.17.0.0/16"


def _links_in(output: Seen) -> dict[str, str] | None:
    """Return the links with their hardware addresses, if the output is a complete listing of the host's links."""
    text = next(
        (each.text for each in output.parts if each.netns == HOST and each.key in ("ip-addr-text", "ip-link-text")), ""
    )
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        link, mac = _LINK.match(line), _MAC.match(line)
        if link is not None:
            name = link["name"]
            found.setdefault(name, "")
        elif mac is not None and name:
            found[name] = mac["mac"]
    return found if "lo" in found else None


def _is_same(links: dict[str, str], home: dict[str, str]) -> bool:
    shared = [name for name in links.keys() & home.keys() if name != "lo" and links[name] and home[name]]
    if not shared:
        return links.keys() <= home.keys()
    return all(links[name] == home[name] for name in shared)


_OF_HOST = (
    "docker-", "podman-", "typed-", "firewalld-", "ufw-", "daemon-json", "file", "versions", "os-release", "outcome",
    "uname", "units", "relay-cmdlines", "container-",
)  # fmt: skip
"""The beginnings of the keys of readings that belong to no namespace."""
_LISTED = (
    "docker-containers", "docker-networks", "podman-containers", "podman-networks", "typed-", "outcome",
)  # fmt: skip
"""The beginnings of the keys whose fragments are objects, each in one line."""

_MAY_BE_EMPTY = ("sockets", "dockerd-cmdline")
"""The keys of readings whose empty text is a fact: nothing listens, or no flag is set."""


class Output(msgspec.Struct, frozen=True):
    """An output in a text: its place, the command that prints it, and its parts.  ``named``: whether the text has the
    command above it."""

    recognised: Recognised
    origin: str
    parts: tuple[Fragment, ...]
    named: bool = True


DIFFERENCES = "differences"
"""The key of the reading with the differences between a working and a broken moment."""
UNRECOGNISED = "unrecognised"
"""The key of the reading with the lines of a text that are no part of an output: their numbers, and their words."""


def unrecognised_in(evidence: Evidence) -> tuple[tuple[int, str], ...]:
    """Return the lines of the texts that are no part of an output, with their line numbers from 1."""
    reading = evidence.find(UNRECOGNISED, "")
    return _lines_of(reading.text) if reading is not None else ()


def telling_in(evidence: Evidence) -> tuple[tuple[int, str], ...]:
    """Return the lines of :func:`unrecognised_in`.  In a long text, of the lines that differ only in their numbers only
    the first few are returned: a log of a megabyte has some hundred such forms, and says each of them a thousand
    times."""
    reading = evidence.find(UNRECOGNISED, "")
    return _telling(reading.text) if reading is not None else ()


def _lines_of(text: str) -> tuple[tuple[int, str], ...]:
    found = (line.partition(":") for line in text.splitlines())
    return tuple((int(number), words) for number, _, words in found)


@lru_cache(maxsize=2)
def _telling(text: str) -> tuple[tuple[int, str], ...]:
    lines = _lines_of(text)
    if len(lines) <= _LONG:
        return lines
    seen: Counter[str] = Counter()
    kept: list[tuple[int, str]] = []
    for number, words in lines:
        form = _VARYING.sub("0", words)
        seen[form] += 1
        if seen[form] <= _SAID_AGAIN:
            kept.append((number, words))
    return tuple(kept)


_LONG = 1000
"""A text with more lines than this is long.  Nobody types so many lines."""
_SAID_AGAIN = 2
_VARYING = Sought(r"\bveth[0-9a-f]{7}\b|[0-9a-f]{8,}|\d+")
"""Matches what differs between two lines of one program: ids, times, ports, addresses, counts."""


def evidence_of(
    outputs: tuple[Output, ...], left: str, counted: str = "", differences: str = "", *, name: str
) -> Evidence:
    """Return the evidence of the host that these outputs describe.

    ``left``: the lines of the texts that are no part of an output, with their numbers.  ``counted``: the outputs with a
    number of lines.  ``differences``: those between a working and a broken moment (``moments.py``), one JSON document a
    line.  ``name``: the host's name; empty if the text does not show it."""
    listed = "".join(msgspec.json.encode(each.recognised).decode() + "\n" for each in outputs)
    readings = [_reading(PASTED, "", "-", listed)]
    if left:
        readings.append(_reading(UNRECOGNISED, "", "-", left))
    if counted:
        readings.append(_reading(WHOLE, "", "-", counted))
    if differences:
        readings.append(_reading(DIFFERENCES, "", "-", differences))
    kernel = ""
    for key, netns, origin, text in _texts(outputs):
        if key == "uname":
            kernel = text.strip()
            continue
        readings.append(_reading(key, netns, origin, text))
    numbered = tuple(msgspec.structs.replace(each, id=f"e{number}") for number, each in enumerate(readings, 1))
    return Evidence(SCHEMA, __version__, "", name, kernel or _kernel_in(left), numbered)


def _kernel_in(left: str) -> str:
    """Return the kernel's release that the words of the text name; empty if they name none, or more than one."""
    naming = "\n".join(line for line in left.splitlines() if any(word in line for word in ("ernel", "内核", "Linux ")))
    found = {(each["all"] or each["named"]).rstrip(".") for each in _KERNEL.finditer(naming)}
    return found.pop() if len(found) == 1 else ""


_KERNEL = Sought(
    r"\bLinux \S+ (?P<all>\d+\.\d+\.\d+[\w.+-]*) #\d"
    r"|(?:\b[Kk]ernel|内核)(?:[ -]?(?:[Vv]ersion|[Rr]elease|版本))?(?: is|为|是)?[:：=]?\s{0,3}(?:[Ll]inux[ -])?v?"
    r"(?P<named>[2-9]\.\d{1,2}(?:\.\d+[\w.+-]*)?)(?![\d+])"
)
"""Matches the kernel's release in an output of ``uname -a`` or in a sentence."""


def _back_end(outputs: tuple[Output, ...]) -> str:
    """Return the back end for rules whose listing does not show it: the back end that another output shows."""
    keys = [part.key for output in outputs for part in output.parts]
    tells = {name for name in ("iptables-nft-", "iptables-legacy-") if any(key.startswith(name) for key in keys)}
    return "iptables-legacy-" if tells == {"iptables-legacy-"} else "iptables-nft-"


def _engine_of_compose(outputs: tuple[Output, ...]) -> str:
    """Return the engine of Compose files: Podman if outputs or typed commands of Podman are the only ones of an
    engine."""
    keys = [part.key.removeprefix("typed-") for output in outputs for part in output.parts]
    engines = {name for name in ("docker", "podman") if any(key.startswith(f"{name}-") for key in keys)}
    return "podman" if engines == {"podman"} else "docker"


def _reading(key: str, netns: str, origin: str, text: str) -> Reading:
    return Reading("e0", key, netns, origin, "", 0, "text", text)


_Text = tuple[str, str, str, str]


def _texts(outputs: tuple[Output, ...]) -> Iterator[_Text]:
    """Yield key, namespace, origin and text of each reading."""
    found: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
    back_end, of_compose = _back_end(outputs), _engine_of_compose(outputs)
    placed = at_home(Seen(each.parts, each.named) for each in outputs)
    for output, parts in zip(outputs, placed, strict=True):
        for part in parts:
            netns = "" if part.key.startswith(_OF_HOST) else part.netns
            origin = part.origin or output.origin
            key = part.key.replace(ANY_BACK_END, back_end).replace(f"typed-{ANY_ENGINE}-", f"typed-{of_compose}-")
            place = (key, netns, part.origin)
            is_joined = key.startswith((*MERGED, *_LISTED))
            before = found.get(place)
            texts = [*before[1], part.text] if before is not None and is_joined else [part.text]
            found[place] = (before[0] if before is not None and is_joined else origin, texts)
    documents: dict[str, dict[str, list[dict[str, Any]]]] = {"docker": {}, "podman": {}}
    for (key, netns, _), (origin, texts) in found.items():
        engine, _, what = key.removeprefix("typed-").partition("-")
        if engine in documents and what in ("containers", "networks"):
            listed = documents[engine].setdefault(f"typed-{what}" if key.startswith("typed-") else what, [])
            listed += [msgspec.json.decode(line) for text in texts for line in text.splitlines()]
        elif (text := merge(key, texts)) or key in _MAY_BE_EMPTY:
            yield key, netns, origin, text
    for engine, of_engine in documents.items():
        listed, typed = of_engine.get("containers", []), of_engine.get("typed-containers", [])
        project = project_of(listed, typed)
        networks = of_engine.get("typed-networks", [])
        typed = with_connected(typed, [each for each in networks if "Connected" in each])
        if containers := containers_of(listed, with_project(project, typed)):
            yield f"{engine}-containers", "", f"{engine} inspect", _lines(containers)
        made = with_project(project, [each for each in networks if "Connected" not in each])
        if networks := networks_of(of_engine.get("networks", []), [*map(FORMS_OF_NETWORKS[engine], made)]):
            yield f"{engine}-networks", "", f"{engine} network inspect", _lines(networks)


def _lines(documents: Iterable[dict[str, Any]]) -> str:
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in documents)
