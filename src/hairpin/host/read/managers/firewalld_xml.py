"""A zone as firewalld keeps it: ``/etc/firewalld/zones/NAME.xml``.

Source: firewalld.zone(5), firewalld.richlanguage(5).
"""

from xml.parsers import expat

from hairpin.errors import ParseError
from hairpin.host.managers import FirewalldZone
from hairpin.message import message

_MAX_ELEMENTS = 20_000
_Element = tuple[int, str, dict[str, str]]
"""Depth (the zone itself is 0), name, attributes."""


def zone(text: str, *, name: str, source: str) -> FirewalldZone:
    """Return the zone of a file; raise ParseError for other documents and harmful XML (entities, endless elements)."""
    elements = _elements(text, source)
    if not elements or elements[0][1] != "zone":
        raise ParseError(message("not a firewalld zone"), source=source)
    own = [(tag, attributes) for depth, tag, attributes in elements if depth == 1]

    def values(tag: str, *attributes: str) -> tuple[str, ...]:
        return tuple(
            said[attribute] for found, said in own if found == tag for attribute in attributes if attribute in said
        )

    ports = tuple(f"{said.get('port', '')}/{said.get('protocol', '')}" for tag, said in own if tag == "port")
    return FirewalldZone(
        name=name,
        target=elements[0][2].get("target", "default"),
        interfaces=values("interface", "name"),
        sources=values("source", "address", "mac", "ipset"),
        ports=ports,
        services=values("service", "name"),
        forward=any(tag == "forward" for tag, _ in own),
        masquerade=any(tag == "masquerade" for tag, _ in own),
        rich_rules=_rich_rules(elements),
    )


def _elements(text: str, source: str) -> list[_Element]:
    found: list[_Element] = []
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if len(found) >= _MAX_ELEMENTS:
            raise ParseError(message("too many elements for a firewalld zone"), source=source)
        found.append((depth, tag, attributes))
        depth += 1

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_declaration: object) -> None:
        raise ParseError(message("a firewalld file declares no entities"), source=source)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise ParseError(message("not XML: {reason}", reason=error), source=source, line=error.lineno) from None
    return found


def _rich_rules(elements: list[_Element]) -> tuple[str, ...]:
    """Return the rules in the words of firewall-cmd: ``rule family="ipv4" source address="…" accept``."""
    found: list[list[str]] = []
    inside = False
    for depth, tag, attributes in elements:
        if depth == 1:
            inside = tag == "rule"
            if inside:
                found.append([])
        if inside:
            found[-1] += [tag, *(f'{key}="{value}"' for key, value in attributes.items())]
    return tuple(" ".join(words) for words in found)
