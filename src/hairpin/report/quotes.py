"""Quotes the readings to which an answer refers.  Each quote has the reading's origin and its relevant part."""

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.causes.cause import Candidate
from hairpin.causes.where import (
    Entry,
    OfContainer,
    OfLink,
    OfLostRules,
    OfPolicyRule,
    OfRoute,
    OfSysctl,
    OfUnit,
    Where,
    places,
    read_entries,
    rule_of,
)
from hairpin.errors import ParseError
from hairpin.evidence.reading import Evidence, Reading, spelt
from hairpin.host.netns import Netns
from hairpin.host.read.json_text import decode_documents
from hairpin.host.route import Neighbour, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.report import excerpts
from hairpin.report.words import Words
from hairpin.walk.decided import (
    ConntrackDecided,
    DecidedBy,
    LinkDecided,
    RouteDecided,
    RuleDecided,
    SocketDecided,
    SysctlDecided,
)

LONGEST = 600
"""The greatest number of characters in an excerpt.

The limit is needed because a line of docker inspect has thousands of characters."""


_ESSENCE: dict[str, tuple[str, ...]] = {
    "docker-containers": (
        "Name", "State.Status", "State.ExitCode", "State.Error", "HostConfig.NetworkMode", "HostConfig.PortBindings",
    ),
    "podman-containers": (
        "Name", "State.Status", "State.ExitCode", "State.Error", "HostConfig.NetworkMode", "HostConfig.PortBindings",
    ),
    "docker-stored-containers": (
        "Name", "State.Running", "State.ExitCode", "HostConfig.PortBindings",
    ),
    "rootless-containers": ("User", "Lingers", "Name", "Unit", "Ports", "Publish", "HostConfig.PortBindings"),
    "quadlets": ("File", "Unit", "Publish", "State", "WantedBy", "Said"),
    "docker-networks": ("Name", "Driver", "Internal", "IPAM.Config"),
    "podman-networks": ("name", "driver", "internal", "subnets"),
    "swarm-services": ("Spec.Name", "Endpoint.Ports", "ServiceStatus"),
    "docker-info": ("ServerVersion", "OperatingSystem"),
    "docker-version": ("Version",),
}  # fmt: skip


_OF_ENGINE = ("docker-info", "docker-version")
_DOCUMENT = msgspec.json.Decoder(dict[str, object])
_NAMES = ("container", "network", "name", "service")
"""The keys of a cause's place that name an object of an engine."""


class Quote(msgspec.Struct, frozen=True):
    """One quoted place in a reading.

    ``excerpt``: the text of the place.  ``note``: a sentence that says what is missing or wrong in the quoted place."""

    origin: str
    netns: str
    excerpt: str
    host: str = ""
    note: str = ""
    key: str = ""

    @property
    def tells(self) -> bool:
        """Whether the quote shows the reader a part of the fault.  A quote of an engine's version does not show a
        fault.  A quote of chains without a rule does not show a fault, either, because another part of the report names
        the missing rules."""
        lines = self.excerpt.splitlines()
        empty = len(lines) > 1 and all(line[:1] in ("*", ":") for line in lines)
        return bool(self.note) or not (empty or self.key in _OF_ENGINE)


class Quotes:
    """Gives each quoted place a reference: the reading's id.  From the second place of a reading on, a letter follows
    the id."""

    def __init__(self, evidence: tuple[Evidence, ...], words: Words) -> None:
        self._words = words
        self._readings: dict[str, Reading] = {each.id: each for one in evidence for each in one.readings}
        self._hosts = {each.id: one.name for one in evidence for each in one.readings}
        self._quotes: dict[str, Quote] = {}
        self._places: dict[str, list[Quote]] = {}

    def all(self) -> dict[str, Quote]:
        """Return all quotes that have been made so far, by reference."""
        return dict(self._quotes)

    def decided(self, decided: DecidedBy | None) -> str | None:
        """Return the reference of the quote that shows the decision of a step, or None if no reading shows it."""
        match decided:
            case RuleDecided(place=place):
                return self._rule(place)
            case SysctlDecided(path=path, value=value, evidence=evidence):
                return self._sysctl(evidence, path, value)
            case RouteDecided(entry=Route(evidence=evidence, entry=entry)) if evidence:
                return self._entries(evidence, entry)
            case RouteDecided(by=PolicyRule(evidence=evidence, entry=entry)) if evidence:
                return self._entries(evidence, entry)
            case SocketDecided(said=said, socket=socket, named=named):
                return self._sockets((socket,), None) if socket is not None else self._sockets(named, said)
            case LinkDecided(said=said, neighbour=Neighbour(evidence=evidence, entry=entry)):
                return self._entries(evidence, entry, said=said)
            case LinkDecided(link=link, said=said, evidence=evidence):
                return self._quote(evidence, self._link(evidence, link), said)
            case ConntrackDecided(said=said, evidence=evidence):
                return self._quote(evidence, "", said)
            case _:
                return None

    def cause(self, cause: CauseAnswer) -> tuple[str, ...]:
        """Return the references of a cause's evidence: the readings that the cause names, or else the reading that
        shows the packet's stop."""
        decided = cause.stop.decided_by if cause.stop is not None else None
        named = self.named(cause.candidate, decided)
        if named or cause.stop is None:
            return named
        reference = self.decided(decided)
        if reference is None and isinstance(decided, SocketDecided):
            reference = self.socketless(cause.stop.netns, decided.said)
        return (reference,) if reference is not None else ()

    def trace(self, reading_id: str, line: str) -> str | None:
        """Return the reference of a line in a reading of the host's traces; None if there is no such reading."""
        return self._quote(reading_id, line) if reading_id in self._readings else None

    def named(self, candidate: Candidate, stopped_by: DecidedBy | None = None) -> tuple[str, ...]:
        """Return the references of the readings that a candidate names.  Each of these quotes shows the candidate's
        subject, or the rule that stopped the packet."""
        meant = candidate.where
        rule = rule_of(meant)
        stopper = stopped_by.place if isinstance(stopped_by, RuleDecided) else None
        if isinstance(meant, (OfLostRules, OfPolicyRule)) or (
            rule is not None and stopper is not None and rule.text != stopper.text
        ):
            stopper = None
        found = [self._named(each, meant, stopper) for each in candidate.evidence]
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def socketless(self, netns: Netns, said: Message) -> str | None:
        """Return the reference of the reading that lists the namespace's sockets.  The list of sockets shows that a
        socket is missing."""
        for reading in self._readings.values():
            if self._hosts[reading.id] != netns.host:
                continue
            if reading.netns == netns.name and reading.key in ("sockets", "proc-net-tcp", "proc-net-udp"):
                return self._quote(reading.id, "", said)
        return None

    def plain(self, reading_id: str) -> str | None:
        """Return the reference of a whole reading.  Only the beginning of the reading is quoted."""
        reading = self._readings.get(reading_id)
        return self._quote(reading_id, reading.text.strip() if reading is not None else "")

    def _named(self, reading_id: str, meant: Where, stopper: Place | None) -> str | None:
        """Quote the part of a reading that is about ``meant``.  ``stopper``: the rule that is quoted if the reading is
        a list of rules."""
        reading = self._readings.get(reading_id)
        if reading is None:
            return None
        if reading.key in _ESSENCE:
            names = tuple(words for name, words in places(meant) if name in _NAMES)
            return self._quote(reading_id, essence(reading, names))
        rule = stopper or rule_of(meant)
        if rule is not None and rule.evidence == reading_id:
            return self._rule(rule)
        match meant:
            case OfSysctl() if reading.key == "sysctl":
                return self._sysctl(reading_id, meant.sysctl, str(meant.value))
            case OfLostRules() if "iptables" in reading.key and meant.tables:
                lacking = dict.fromkeys((each.table, each.chain) for each in meant.rules)
                declared = excerpts.filled(reading.text, lacking) or excerpts.declarations(reading.text, meant.tables)
                absent = message("no table {tables}", tables=", ".join(meant.tables))
                return self._quote(reading_id, declared, None if declared else absent)
            case OfLink() if reading.key.startswith("ip-addr"):
                names = tuple(dict.fromkeys(filter(None, (meant.link, meant.far_link, meant.underlay))))
                links = "\n".join(filter(None, (excerpts.link(reading, name) for name in names)))
                return self._quote(reading_id, links) if links else self.plain(reading_id)
            case OfRoute() if reading.key.startswith("ip-route"):
                return self._route(reading_id, meant)
            case OfUnit(unit=unit) if reading.key == "units":
                return self._quote(reading_id, excerpts.unit(reading, unit))
            case OfContainer(port=port) if reading.key == "sockets" and port is not None:
                found = excerpts.sockets_at(reading, str(port).partition("/")[0])
                return self._quote(reading_id, found) if found else self.plain(reading_id)
            case _:
                return self._entries_of(reading_id, *read_entries(meant)) or self.plain(reading_id)

    def _route(self, reading_id: str, meant: OfRoute) -> str | None:
        """Quote the route.  If the route is missing, quote the routes to the same destination, or note that no route
        exists."""
        shown = self._entries_of(reading_id, meant.route) or self._entries_of(reading_id, *meant.rivals)
        if shown is not None:
            return shown
        route = meant.route
        if route.prefix_length == 0:
            return self._quote(reading_id, "", message("no default route"))
        destination = str(route.prefix)
        return self._quote(reading_id, "", message("no route to {destination}", destination=destination))

    def _entries_of(self, reading_id: str, *entries: Entry) -> str | None:
        """Quote the entries that this reading contains.  Return None if the reading contains none of the entries."""
        numbers = sorted({each.entry for each in entries if each.evidence == reading_id and each.entry})
        return self._entries(reading_id, *numbers) if numbers else None

    def _rule(self, place: Place) -> str | None:
        """Quote the rule's line as it was read, with its counters.  If the rule was read as JSON, quote its nft
        syntax."""
        reading = self._readings.get(place.evidence)
        if reading is None:
            return None
        if "iptables" not in reading.key:
            return self._quote(reading.id, place.text)
        if place.number == 0:
            return self._quote(reading.id, excerpts.policy(reading.text, place.table, place.chain))
        lines = reading.text.split("\n")
        line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        return self._quote(reading.id, line if place.text in line else place.text)

    def _link(self, reading_id: str, name: str) -> str:
        """Return the relevant part of the link's entry, if this reading contains the link."""
        reading = self._readings.get(reading_id)
        return excerpts.link(reading, name) if reading is not None and reading.key.startswith("ip-addr") else ""

    def _sockets(self, sockets: tuple[Socket, ...], said: Message | None) -> str | None:
        """Quote the sockets of one reading, with the note ``said`` about them."""
        if not sockets:
            return None
        reading_id = sockets[0].evidence
        lines = sorted({each.entry for each in sockets if each.evidence == reading_id})
        return self._entries(reading_id, *lines, said=said)

    def _entries(self, reading_id: str, *numbers: int, said: Message | None = None) -> str | None:
        """Quote the reading's entries with these numbers."""
        reading = self._readings.get(reading_id)
        if reading is None:
            return None
        found = [excerpts.entry(reading, number) for number in numbers]
        if reading.key == "sockets":
            found = [*map(excerpts.socket, found)]
        return self._quote(reading_id, "\n".join(filter(None, found)), said)

    def _sysctl(self, reading_id: str, path: Path, value: str) -> str | None:
        return self._quote(reading_id, value, origin="/proc/sys/" + "/".join(path))

    def _quote(
        self, reading_id: str, excerpt: str, said: Message | None = None, origin: str | None = None
    ) -> str | None:
        if not reading_id:
            return None
        reading = self._readings.get(reading_id)
        netns = reading.netns if reading is not None else ""
        known = reading.origin if reading is not None else ""
        host, key = self._hosts.get(reading_id, ""), reading.key if reading is not None else ""
        note = _shortened(self._words(said)) if said is not None else ""
        quote = Quote(origin if origin is not None else known, netns, _shortened(spelt(excerpt)), host, note, key)
        places = self._places.setdefault(reading_id, [])
        if quote not in places:
            places.append(quote)
        reference = f"{reading_id}{_letters(places.index(quote))}"
        self._quotes[reference] = quote
        return reference


def essence(reading: Reading, names: tuple[str, ...] = ()) -> str:
    """Return the fields of an engine's JSON to which answers refer.  If the text is not JSON, return the whole text.

    ``names``: if an object has one of these names, only the objects with these names are returned."""
    try:
        documents = decode_documents(_DOCUMENT, reading.text, source=reading.origin)
    except ParseError:
        return reading.text.strip()
    named = [each for each in documents if _name(each) in names]
    kept = named or (documents if len(documents) == 1 else ())
    picked = (excerpts.picked(each, _ESSENCE[reading.key]) for each in kept)
    return "\n".join(map(excerpts.one_line, picked)) or reading.text.strip()


def _name(document: dict[str, object]) -> str:
    spec = document.get("Spec")  # the name of a swarm service is in ``Spec``
    own = msgspec.convert(spec, dict[str, object]) if isinstance(spec, dict) else document
    return str(own.get("Name", "")).removeprefix("/")


def _letters(count: int) -> str:
    """Return the letters that follow a reading's id in a reference: none for the first place, then b, c … z, ba …"""
    if count == 0:
        return ""
    text = ""
    while count:
        text = chr(ord("a") + count % 26) + text
        count //= 26
    return text


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
