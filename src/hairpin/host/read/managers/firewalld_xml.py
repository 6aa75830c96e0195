"""firewalld's permanent files: zones in ``/etc/firewalld/zones/NAME.xml``, iptables rules in
``/etc/firewalld/direct.xml``.

Source: firewalld.zone(5), firewalld.richlanguage(5), firewalld.direct(5).
"""

import re
import shlex
from collections.abc import Iterator
from typing import Literal, NamedTuple
from xml.parsers import expat

from hairpin.errors import ParseError
from hairpin.evidence.reading import Reading
from hairpin.host.managers import DirectRule, FirewalldZone
from hairpin.message import message
from hairpin.netfilter.iptables.words import line_of_words

_MAX_ELEMENTS = 20_000
_FAMILIES: dict[str, Literal["ip", "ip6"]] = {"ipv4": "ip", "ipv6": "ip6"}


class FirewalldElement(NamedTuple):
    """An element of an XML file.  ``depth``: 0 for the document's root element.  ``texts``: the pieces of text directly
    in the element."""

    depth: int
    tag: str
    attributes: dict[str, str]
    line: int
    texts: list[str]


def zone(reading: Reading, *, name: str) -> FirewalldZone:
    """Return the zone that the file defines; raise ParseError for other documents and for harmful XML (entities,
    endless elements)."""
    elements = elements_of(reading.text, source=reading.origin)
    if not elements or elements[0].tag != "zone":
        raise ParseError(message("not a firewalld zone"), source=reading.origin)
    own = [(each.tag, each.attributes) for each in elements if each.depth == 1]

    def values(tag: str, *attributes: str) -> tuple[str, ...]:
        return tuple(
            said[attribute] for found, said in own if found == tag for attribute in attributes if attribute in said
        )

    ports = tuple(f"{said.get('port', '')}/{said.get('protocol', '')}" for tag, said in own if tag == "port")
    return FirewalldZone(
        name=name,
        target=elements[0].attributes.get("target", "default"),
        interfaces=values("interface", "name"),
        sources=values("source", "address", "mac", "ipset"),
        ports=ports,
        services=values("service", "name"),
        forward=any(tag == "forward" for tag, _ in own),
        masquerade=any(tag == "masquerade" for tag, _ in own),
        rich_rules=_rich_rules(elements),
    )


def direct_rules(reading: Reading) -> tuple[DirectRule, ...]:
    """Return the rules for iptables and ip6tables in the file of direct rules; raise ParseError for other documents and
    for harmful XML.  A passthrough is returned only if it appends a rule to a chain or inserts a rule."""
    elements = elements_of(reading.text, source=reading.origin)
    if not elements or elements[0].tag != "direct":
        raise ParseError(message("no direct rules of firewalld"), source=reading.origin)
    return tuple(
        DirectRule(_FAMILIES[family], table, chain, words, priority, reading.origin, each.line, reading.id)
        for each in elements
        if (family := each.attributes.get("ipv", "")) in _FAMILIES
        for table, chain, words, priority in _direct(each)
    )


def _direct(element: FirewalldElement) -> Iterator[tuple[str, str, str, int | None]]:
    """Yield the table, chain, words and priority of the element, if the element is a rule."""
    said = element.attributes
    try:
        split = shlex.split("".join(element.texts))
    except ValueError:
        return
    if element.tag == "rule":
        priority = said.get("priority", "")
        number = int(priority) if re.fullmatch(r"-?[0-9]{1,10}", priority) else 0
        yield said.get("table", ""), said.get("chain", ""), line_of_words(split), number
    elif element.tag == "passthrough":
        table = "filter"
        if split[:1] == ["-t"]:
            table, split = "".join(split[1:2]), split[2:]
        if split[:1] in (["-A"], ["-I"]) and len(split) > 1:
            numbered = split[2:3] != [] and split[2].isdecimal()
            yield table, split[1], line_of_words(split[3 if numbered else 2 :]), None


def says_the_same(one: str, other: str) -> bool:
    """Return whether two XML files have the same elements.  The order of the elements and line breaks do not matter."""
    try:
        return _meaning(elements_of(one, source="")) == _meaning(elements_of(other, source=""))
    except ParseError:
        return False


def _meaning(elements: list[FirewalldElement]) -> list[tuple[object, ...]]:
    """Return the elements and their children in sorted lists. firewalld writes elements in an order of its own."""
    found: list[tuple[object, ...]] = []
    at = 0
    while at < len(elements):
        first = elements[at]
        end = next((n for n in range(at + 1, len(elements)) if elements[n].depth <= first.depth), len(elements))
        words = " ".join("".join(first.texts).split())
        found.append((first.tag, sorted(first.attributes.items()), words, _meaning(elements[at + 1 : end])))
        at = end
    return sorted(found, key=repr)


def elements_of(text: str, *, source: str) -> list[FirewalldElement]:
    """Return the file's elements in their order; raise ParseError for XML that is malformed or harmful (entities,
    endless elements)."""
    found: list[FirewalldElement] = []
    opened: list[FirewalldElement] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(found) >= _MAX_ELEMENTS:
            raise ParseError(message("too many elements for a file of firewalld's"), source=source)
        opened.append(FirewalldElement(len(opened), tag, attributes, parser.CurrentLineNumber, []))
        found.append(opened[-1])

    def end(_tag: str) -> None:
        opened.pop()

    def characters(data: str) -> None:
        opened[-1].texts.append(data)

    def entity(*_declaration: object) -> None:
        raise ParseError(message("a firewalld file declares no entities"), source=source)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise ParseError(message("not XML: {reason}", reason=error), source=source, line=error.lineno) from None
    return found


def _rich_rules(elements: list[FirewalldElement]) -> tuple[str, ...]:
    """Return the rich rules in the syntax of firewall-cmd: ``rule family="ipv4" source address="…" accept``."""
    found: list[list[str]] = []
    inside = False
    for each in elements:
        if each.depth == 1:
            inside = each.tag == "rule"
            if inside:
                found.append([])
        if inside:
            found[-1] += [each.tag, *(f'{key}="{value}"' for key, value in each.attributes.items())]
    return tuple(" ".join(words) for words in found)
