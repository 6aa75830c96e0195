"""The features of a text: which failure a client saw, where it fails and works, which programs and things the text
names."""

from hairpin.evidence.told import Outcome, ToldParts
from hairpin.host.docker import STACKED
from hairpin.host.host import Host
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Prose
from hairpin.suppose.places import SENTENCE_END, places_in
from hairpin.words.leans import features
from hairpin.words.pattern import sought

_MOST_CHARACTERS = 20_000
"""Words are searched only in this number of characters of a text, because the question is at its beginning."""
_RESULTS: dict[str, str] = {
    "refused": "refused", "reset": "reset", "empty": "reset", "timeout": "timeout", "unreachable": "unreachable",
    "prohibited": "prohibited", "no-name": "no name",
}  # fmt: skip
_POOL = Sought(r"172\.(?:1[6-9]|2\d|3[01])\.|10\.88\.|10\.89\.")
_OF_FIREWALLS = frozenset(("ufw", "firewalld"))


def features_of(prose: Prose, host: Host, told: ToldParts) -> frozenset[str]:
    """Return the features of a text about the host."""
    text = prose.text[:_MOST_CHARACTERS]
    found = {name for name, pattern in features().items() if pattern.search(text) is not None}
    if sought("{firewall_off}").search(text) is not None and "firewall off helps" not in found:
        found -= _OF_FIREWALLS
    sentences = (each for line in text.splitlines() for each in SENTENCE_END.split(line))
    found |= {f"{place} {'fails' if fails else 'works'}" for each in sentences for place, fails in places_in(each)}
    for each in told.outcomes:
        found |= set(_of_outcome(each, host))
    return frozenset(found | set(_of_host(host, told)))


def _of_outcome(outcome: Outcome, host: Host) -> list[str]:
    """Return the client's outcome and place as features."""
    inside = outcome.origin.startswith("container:")
    if not outcome.failed:
        return ["inside works"] if inside else ["host works"] if outcome.origin == "host" else []
    found = [_RESULTS[outcome.result]] if outcome.result in _RESULTS else []
    if outcome.result == "unreachable" and outcome.by:
        found.append("arp")
    if inside:
        found.append("client inside")
    elif outcome.origin == "host":
        found.append("host fails")
    if _POOL.match(outcome.host):
        found.append("own address")
    names = {name for container in host.containers() for name in (container.name, container.service)} - {""}
    if outcome.host in names:
        found.append("two containers")
    outer = {
        each.host_port for one in host.containers() for each in one.bindings if each.host_port != each.container_port
    }
    if outcome.port in outer and (_POOL.match(outcome.host) or outcome.host in names):
        found.append("asks the outer port inside")
    return found


def _of_host(host: Host, told: ToldParts) -> list[str]:
    """Return the kinds of told containers and programs as features."""
    every = tuple(host.containers())
    listening = {each.port for each in told.listeners}
    inner = {each.container_port for one in every for each in one.bindings}
    found = ["published on"] if inner else []
    if listening and inner and not listening & inner:
        found.append("listens elsewhere")
    if any(each.address for each in told.listeners):
        found.append("listens on loopback")
    if any(each.network_mode == "host" for each in every):
        found.append("host network")
    if any(each.joined for each in every):
        found.append("shared namespace")
    networks = [each for engine in host.engines for each in engine.networks]
    found += [each.driver for each in networks if each.driver in STACKED]
    if any(engine.kind == "podman" for engine in host.engines):
        found.append("podman")
    return found
