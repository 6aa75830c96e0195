"""The files that firewall-cmd writes.  firewall-cmd writes files only with ``--permanent``.

firewall-cmd adds an element at the end of its file.  A file of the package is first copied below /etc, and firewall-cmd
changes only the copy.

Source: firewalld.zone(5), firewalld.policy(5), firewalld.direct(5); firewall/core/io/zone.py zone_writer()
"""

import html
import re
import shlex
from collections.abc import Iterable, Iterator

from hairpin.change import calls
from hairpin.change.change import WriteFile
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter.iptables.words import split_words, unquoted

_ETC, _STOCK = "/etc/firewalld", "/usr/lib/firewalld"
_DIRECT = f"{_ETC}/direct.xml"
_NO_DIRECT = '<?xml version="1.0" encoding="utf-8"?>\n<direct>\n</direct>\n'
_ZONE = re.compile(rf"{_ETC}/zones/([^/]+)\.xml")
_NEGATED = ("not", "NOT", "invert")


def firewalld_files(call: calls.OfFirewalld, host: Host) -> tuple[WriteFile, ...] | None:
    """Return firewalld's files after the call; None if hairpin cannot tell the files' content."""
    match call:
        case calls.AddDirectRule() | calls.AddDirectChain():
            return _edited(host, _DIRECT, "direct", _direct(call), removed=call.removed)
        case _ if not call.permanent:
            return ()
        case calls.OpenPort(zone=zone, port=port, protocol=protocol):
            made = _element("port", port=str(port), protocol=protocol)
            return _edited(host, f"{_ETC}/zones/{zone}.xml", "zone", made, removed=call.closed)
        case calls.TrustSource(source=source):
            made = _element("source", address=source)
            return _edited(host, f"{_ETC}/zones/trusted.xml", "zone", made, removed=call.removed)
        case calls.AddRichRule(owner=owner, name=name, rule=rule):
            folder = "zones" if owner == "zone" else "policies"
            rich = _rich(rule)
            path = f"{_ETC}/{folder}/{name}.xml"
            return _edited(host, path, owner, rich, removed=call.removed) if rich is not None else None
        case calls.BindInterface(zone=zone, interface=interface):
            element = _element("interface", name=interface)
            if call.removed:
                return _edited(host, f"{_ETC}/zones/{zone}.xml", "zone", element, removed=True)
            return _bound(host, zone, element)


def zone_refusal(call: calls.OfFirewalld, host: Host) -> Message | None:
    """Return why firewalld refuses the call (INVALID_ZONE), if it lists its zones and the call's zone is not one of
    them; else None.  Every firewalld has the zone ``trusted``."""
    match call:
        case calls.OpenPort(zone=zone) | calls.BindInterface(zone=zone) | calls.AddRichRule(owner="zone", name=zone):
            pass
        case _:
            return None
    firewalld = host.firewalld
    if firewalld is None:
        return None
    listed = {each.name for each in (*firewalld.runtime, *firewalld.permanent)}
    if not listed or zone in (*listed, firewalld.default_zone, "trusted"):
        return None
    return message("firewalld lists no zone {zone}, so no command for this zone works", zone=zone)


def written_paths(call: calls.OfFirewalld, host: Host) -> tuple[str, ...]:
    """Return the files that firewalld may write for the call, whatever their content."""
    match call:
        case calls.AddDirectRule() | calls.AddDirectChain():
            return (_DIRECT,)
        case _ if not call.permanent:
            return ()
        case calls.OpenPort(zone=zone):
            return (f"{_ETC}/zones/{zone}.xml",)
        case calls.TrustSource():
            return (f"{_ETC}/zones/trusted.xml",)
        case calls.AddRichRule(owner=owner, name=name):
            return (f"{_ETC}/{'zones' if owner == 'zone' else 'policies'}/{name}.xml",)
        case calls.BindInterface(zone=zone, interface=interface):
            left = (each.path for each in host.files if _ZONE.fullmatch(each.path) and f'"{interface}"' in each.text)
            return tuple(dict.fromkeys((f"{_ETC}/zones/{zone}.xml", *left)))


def package_file(path: str) -> tuple[str, str]:
    """Return the path of the package's file for the file below /etc, and the content that counts if neither of the two
    files exists."""
    return path.replace(_ETC, _STOCK, 1), _NO_DIRECT if path == _DIRECT else ""


def _bound(host: Host, zone: str, element: str) -> tuple[WriteFile, ...] | None:
    """Return the changed files of firewalld's zones: only the given zone still names the interface."""
    left: list[WriteFile] = []
    for each in host.files:
        match = _ZONE.fullmatch(each.path)
        if match is not None and match[1] != zone and element in each.text:
            left.append(WriteFile(host.name, each.path, _without(each.text, element)))
    joined = _edited(host, f"{_ETC}/zones/{zone}.xml", "zone", element, removed=False)
    return (*left, *joined) if joined is not None else None


def _edited(host: Host, path: str, root: str, element: str, *, removed: bool) -> tuple[WriteFile, ...] | None:
    text = _text(host, path)
    if text is None:
        return None
    text = re.sub(rf"<{root}\b([^>]*?)\s*/>", rf"<{root}\1>\n</{root}>", text, count=1)
    if removed:
        return (WriteFile(host.name, path, _without(text, element)),) if element in text else None
    if element in text:
        return ()
    before, end, behind = text.rpartition(f"</{root}>")
    return (WriteFile(host.name, path, f"{before}  {element}\n{end}{behind}"),) if end else None


def _without(text: str, element: str) -> str:
    return re.sub(rf"[ \t]*{re.escape(element)}\n?", "", text)


def _text(host: Host, path: str) -> str | None:
    """Return the text of the file below /etc, or of the package's file if the file below /etc does not exist."""
    texts = {each.path: each.text for each in host.files}
    if path == _DIRECT:
        return texts.get(path, _NO_DIRECT)
    return texts.get(path, texts.get(path.replace(_ETC, _STOCK, 1)))


def _element(tag: str, **attributes: str) -> str:
    return _empty(tag, (f'{name}="{html.escape(value)}"' for name, value in attributes.items()))


def _empty(tag: str, attributes: Iterable[str]) -> str:
    return f"<{' '.join((tag, *attributes))}/>"


def _direct(call: calls.AddDirectRule | calls.AddDirectChain) -> str:
    family = "ipv6" if call.family == "ip6" else "ipv4"
    if isinstance(call, calls.AddDirectChain):
        return _element("chain", ipv=family, table=call.table, chain=call.chain)
    words = shlex.join(map(unquoted, split_words(call.words)))
    start = _element("rule", ipv=family, table=call.table, chain=call.chain, priority=str(call.priority))
    return f"{start.removesuffix('/>')}>{html.escape(words, quote=False)}</rule>"


def _rich(rule: str) -> str | None:
    """Return the XML element of the rich rule; None if a word of the rule is no plain attribute."""
    words = shlex.split(rule)
    if words[:1] != ["rule"] or any(each in _NEGATED for each in words):
        return None
    head, *parts = _split(words)
    inner = "".join(f"<{' '.join(each)}/>" for each in parts)
    return f"<{' '.join(head)}>{inner}</rule>"


def _split(words: list[str]) -> Iterator[list[str]]:
    """Yield the tag and the attributes of each XML element of the rich rule."""
    found: list[list[str]] = []
    for word in words:
        name, sign, value = word.partition("=")
        if sign and found:
            found[-1].append(f'{name}="{html.escape(value)}"')
        else:
            found.append([word])
    yield from found
