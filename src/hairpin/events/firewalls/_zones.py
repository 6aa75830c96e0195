"""Links and sources that engines, NetworkManager or a person bind to firewalld's zones at run time, as the readings
show them and as the events change them.  Other changes that were made to the table at run time stay."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from hairpin.change.change import ReplaceTable
from hairpin.errors import ChangeError, ParseError
from hairpin.events.course import Course
from hairpin.firewalls.chain_owner import TABLE
from hairpin.firewalls.firewalld_nft import firewalld_table
from hairpin.firewalls.permanent import Binding, Permanent
from hairpin.firewalls.permanent_files import permanent
from hairpin.host.host import Host
from hairpin.host.managers import FirewalldZone
from hairpin.message import message
from hairpin.netfilter.ir import Chain, Table
from hairpin.netfilter.meaning import meaning


def bindings(host: Host, found: Permanent) -> tuple[Binding, ...]:
    """Return the links and sources that were bound to a zone at run time and that the zone's file does not name."""
    own = {each for zone in found.zones for each in _bindings_of(zone.name, zone.interfaces, zone.sources)}
    zones = host.firewalld.runtime if host.firewalld is not None else ()
    return tuple(
        each for zone in zones for each in _bindings_of(zone.name, zone.interfaces, zone.sources) if each not in own
    )


def _bindings_of(zone: str, links: Iterable[str], sources: Iterable[str]) -> Iterator[Binding]:
    yield from (Binding(zone, each) for each in links)
    yield from (Binding(zone, source=each) for each in sources)


def runtime_zones(host: Host, found: Permanent, later: tuple[Binding, ...]) -> tuple[FirewalldZone, ...]:
    """Return the zones that firewalld lists after it has read its files: the zones with links or sources, and the
    default zone."""
    files = {each.name: each for each in host.firewalld.permanent} if host.firewalld is not None else {}
    return tuple(_runtime_zones(found, files, later))


def _runtime_zones(
    found: Permanent, files: dict[str, FirewalldZone], later: tuple[Binding, ...]
) -> Iterator[FirewalldZone]:
    for zone in found.zones:
        own = [each for each in later if each.zone == zone.name]
        links = (*zone.interfaces, *(each.link for each in own if each.link))
        sources = (*zone.sources, *(each.source for each in own if each.source))
        if links or sources or zone.name == found.settings.default_zone:
            said = files.get(zone.name)
            yield FirewalldZone(
                name=zone.name,
                target=zone.target,
                interfaces=links,
                sources=sources,
                ports=tuple(f"{port}/{protocol}" for port, protocol in zone.rules.ports),
                services=zone.rules.services,
                forward=zone.forward,
                masquerade=zone.rules.masquerade,
                rich_rules=said.rich_rules if said is not None else (),
            )


def with_links_bound(course: Course, zone: str, links: tuple[str, ...]) -> Course:
    """Return the course after these links were bound to the zone, in this order.

    Nothing changes if firewalld does not run, does not know the zone, or keeps its rules in another back end."""
    return _with_more(course, tuple(Binding(zone, each) for each in links))


def with_sources_bound(course: Course, zone: str, sources: Iterable[str]) -> Course:
    """Return the course after these sources were bound to the zone, in this order.  At run time a source leaves the
    zone that it had; a zone whose file names the source keeps it, on a condition."""
    wanted = tuple(Binding(zone, source=each) for each in sources)
    firewalld = course.host.firewalld
    if firewalld is None or not firewalld.running:
        return course
    try:
        files = [
            each for one in permanent(course.host).zones for each in _bindings_of(one.name, one.interfaces, one.sources)
        ]
    except ParseError:
        return course.lacking(("firewalld-zones-permanent",))
    others = [one for one in files for each in wanted if one.source == each.source]
    kept = {each.source for each in others}
    course = course.provided(
        *(message("{subnet} stays in firewalld's zone {zone}", subnet=each.source, zone=each.zone)
          for each in others if each.zone != zone)
    )  # fmt: skip
    moved = tuple(each for each in wanted if each.source not in kept)
    course = _with_bindings(
        course,
        lambda known: tuple(
            each for each in known if each in moved or each.source not in {one.source for one in moved}
        ),
    )
    return _with_more(course, moved)


def without_sources(course: Course, zone: str, sources: Iterable[str]) -> Course:
    """Return the course after these sources have left the zone."""
    gone = {Binding(zone, source=each) for each in sources}
    return _with_bindings(course, lambda known: tuple(each for each in known if each not in gone))


def _with_more(course: Course, wanted: tuple[Binding, ...]) -> Course:
    return _with_bindings(course, lambda known: (*known, *(each for each in wanted if each not in known)))


def with_link_bound_again(course: Course, zone: str, link: str) -> Course:
    """Return the course after the link was removed from the zone and bound to it again."""
    without = _with_bindings(course, lambda known: tuple(each for each in known if each != Binding(zone, link)))
    return with_links_bound(without, zone, (link,))


def _with_bindings(course: Course, changed: Callable[[tuple[Binding, ...]], tuple[Binding, ...]]) -> Course:
    held = course.namespace.ruleset.table("inet", TABLE, "nft")
    firewalld = course.host.firewalld
    if held is None or firewalld is None or not firewalld.running:
        return course
    try:
        found = permanent(course.host)
        zones = {each.name for each in found.zones}
        known = bindings(course.host, found)
        wanted = tuple(each for each in changed(known) if each.zone in zones)
        if wanted == known:
            return course
        before, after = firewalld_table(found, known), firewalld_table(found, wanted)
    except (ParseError, ChangeError):
        return course.lacking(("firewalld-zones-permanent",))
    table = (with_more_bound if len(wanted) > len(known) else without_bound)(held, before, after)
    course = course.made(ReplaceTable(course.host.netns, "nft", "inet", TABLE, table))
    now = msgspec.structs.replace(firewalld, runtime=runtime_zones(course.host, found, wanted))
    return course.with_host(msgspec.structs.replace(course.host, firewalld=now))


def without_bound(held: Table, before: Table, after: Table) -> Table:
    """Return the table ``held`` without the rules that are in ``before`` and not in ``after``.

    The chains of a zone stay even if the zone has lost its last link."""
    chains: list[Chain] = []
    for each in held.chains:
        old, new = before.chain(each.name), after.chain(each.name)
        if old is None or new is None:
            chains.append(each)
            continue
        gone = {meaning(rule) for rule in old.rules} - {meaning(rule) for rule in new.rules}
        left = (rule for rule in each.rules if meaning(rule) not in gone)
        numbered = (msgspec.structs.replace(rule, number=number) for number, rule in enumerate(left, 1))
        chains.append(msgspec.structs.replace(each, rules=tuple(numbered)))
    return msgspec.structs.replace(held, chains=tuple(chains))


def with_more_bound(held: Table, before: Table, after: Table) -> Table:
    """Return the table ``held`` with the chains and rules that are in ``after`` and not in ``before``."""
    chains: list[Chain] = []
    for each in after.chains:
        known, old = held.chain(each.name), before.chain(each.name)
        if known is None or old is None:
            # A chain that is in ``before`` and not in ``held`` is left out, because the files have changed since
            # firewalld read them.
            chains += [known or each] if known is not None or old is None else []
            continue
        chains.append(_with_rules(known, old, each) if old.rules != known.rules else each)
    kept = [each for each in held.chains if after.chain(each.name) is None]
    return msgspec.structs.replace(held, chains=(*chains, *kept))


def _with_rules(known: Chain, old: Chain, new: Chain) -> Chain:
    """Return the chain with the rules that are in ``new`` and not in ``old``, each before the rule that follows it in
    ``new``."""
    there = {meaning(rule) for rule in old.rules}
    rules = list(known.rules)
    for number, rule in enumerate(new.rules):
        if meaning(rule) not in there:
            behind = {meaning(each) for each in new.rules[number + 1 :]}
            place = next((place for place, each in enumerate(rules) if meaning(each) in behind), len(rules))
            rules.insert(place, rule)
    numbered = (msgspec.structs.replace(rule, number=number) for number, rule in enumerate(rules, 1))
    return msgspec.structs.replace(known, rules=tuple(numbered))
