"""The entry: from a support bundle to the evidence of its host.  If the bundle is or contains hairpin's own collection,
this collection is read instead.

A table of iptables is read from ``iptables-save`` if there is one, else from ``iptables -nvL``, else from nft's
listing, which lists the tables of iptables-nft, too, but without comments and extensions.  A host must not have the
same rules twice.

In reports, ``sos clean`` has replaced the host's addresses by others.  Networks become ``100.0.0.0`` and so on, single
addresses count up from 172.17.0.1, hardware addresses begin with the letters SOS.  One address of the host may become
two addresses, and two addresses may become one.  The address of a network may become the address of a host in this
network, and an address may get the prefix length of its network.  Only the form of such addresses is repaired.  Source:
sos/cleaner/mappings/ip_map.py sanitize_item(), mac_map.py
"""

import re
from collections.abc import Iterator
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path

import msgspec

from hairpin.collect.by_hand import evidence_in
from hairpin.collect.frames import begins
from hairpin.collect.snapshot import load
from hairpin.errors import EvidenceError
from hairpin.evidence.reading import HOST, Evidence
from hairpin.message import message
from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.pasted.bundle.files import Files, files_in
from hairpin.pasted.bundle.layout import Layout, Piece
from hairpin.pasted.bundle.layouts import any_files, named_files, sos, supportconfig
from hairpin.pasted.form import Fragment, Paste, Recognised
from hairpin.pasted.forms.rules.listed_words import UNLISTED
from hairpin.pasted.joining import Output, evidence_of
from hairpin.pasted.listed import CLEANED
from hairpin.pasted.recognise import outputs, paste_of

_MARK = re.compile(rb"\b53:4f:53(?::[0-9a-f]{2}){3}\b")
_ADDRESS = re.compile(r'("(?:IPAddress|GlobalIPv6Address|Gateway)": "[0-9.]+)/\d+"')
_NETWORK = re.compile(r"(?<![\w.:])(?<!inet )(?<!Address\": \")(\d{1,3}(?:\.\d{1,3}){3}/\d{1,2})(?![\w./])")
_SAVE = re.compile(r"iptables-(?:nft|any)-save([46])$")
_LEGACY = re.compile(r"iptables-legacy-save[46]$")
_MANAGED = ("filter", "nat")
_Place = tuple[str, str, str]
"""A namespace, an IP family and the name of a table."""


def without_doubles(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """Return the outputs, in which each table is kept only once.  The table is kept in the last output that has the
    complete table.  If no output has the complete table, it is kept in the last output that has a part of the table."""
    of: dict[_Place, list[tuple[bool, int]]] = {}
    for number, each in enumerate(outputs):
        for part in each.parts:
            for place in _places_in(part):
                of.setdefault(place, []).append((_is_whole(part.text, place[2]), number))
    last = {place: max(found)[1] for place, found in of.items()}
    return tuple(
        Output(each.recognised, each.origin, tuple(_parts_told(each.parts, last, number)))
        for number, each in enumerate(outputs)
    )


def absent(outputs: tuple[Output, ...]) -> Iterator[Fragment]:
    """Yield the tables of iptables-nft that the host does not have, as empty tables.  A table that ``nft list ruleset``
    does not list does not exist.  Yield none if the rules of iptables may be in the legacy back end."""
    listed = {place for each in outputs for part in each.parts for place in _places_in(part)}
    if any(_LEGACY.match(part.key) for each in outputs for part in each.parts):
        return
    of_nft = [each for each in outputs if each.origin.startswith("nft list ruleset")]
    for netns in dict.fromkeys(part.netns for each in of_nft for part in each.parts if _SAVE.match(part.key)):
        for family in ("ip", "ip6"):
            lacking = [name for name in _MANAGED if (netns, family, name) not in listed]
            if lacking:
                text = "".join(map(_empty, lacking))
                yield Fragment(f"iptables-nft-save{4 if family == 'ip' else 6}", text, netns)


def _empty(table: str) -> str:
    return "".join(
        f"{line}\n" for line in (f"*{table}", *(f":{each} ACCEPT [0:0]" for each in BASE_CHAINS[table]), "COMMIT")
    )


def _is_whole(text: str, table: str) -> bool:
    """Return whether hairpin knows all words of the table's rules."""
    of_table = text.partition(f"*{table}\n")[2].partition("\n*")[0]
    return f"-m {UNLISTED} " not in of_table


def _places_in(part: Fragment) -> Iterator[_Place]:
    key = _SAVE.match(part.key)
    if key is not None:
        for line in part.text.splitlines():
            if line.startswith("*"):
                yield part.netns, "ip" if key[1] == "4" else "ip6", line[1:].strip()


def _parts_told(parts: tuple[Fragment, ...], last: dict[_Place, int], number: int) -> Iterator[Fragment]:
    """Yield the parts, only with the tables that are to be read from the output with this number."""
    for part in parts:
        dropped = {place[2] for place in _places_in(part) if last[place] != number}
        text = _without(part.text, dropped) if dropped else part.text
        if text or not dropped:
            yield part._replace(text=text)


def _without(text: str, tables: set[str]) -> str:
    lines: list[str] = []
    is_kept = True
    for line in text.splitlines(keepends=True):
        if line.startswith("*"):
            is_kept = line[1:].strip() not in tables
        if is_kept and not line.startswith("#"):
            lines.append(line)
    return "".join(lines)


_LAYOUTS: tuple[Layout, ...] = (sos.LAYOUT, supportconfig.LAYOUT, named_files.RANCHER, named_files.MICROK8S)
_SECRET = re.compile(r"\.stable_secret\b")
_EXPECTED: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), keys)
    for pattern, keys in (
        (r"ip (?:-\S+ )*n", ("ip-neigh",)),
        (r"ip (?:-\S+ )*ru", ("ip-rule",)),
        (r"ip (?:-\S+ )*r|route\b", ("ip-route",)),
        (r"ip (?:-\S+ )*[al]|ifconfig\b", ("ip-addr", "ip-link")),
        (r"ip6?tables", ("iptables-",)),
        (r"nft\b", ("nft-", "iptables-nft-")),
        (r"(?:ss|netstat)\b", ("sockets", "proc-net-")),
        (r"sysctl\b", ("sysctl",)),
        (r"docker\b", ("docker-", "uname")),
        (r"podman\b", ("podman-", "uname")),
        (r"conntrack\b", ("conntrack",)),
        (r"ps\b", ("dockerd-", "relay-")),
    )
)
"""The keys of the readings that each command's output may contain.  These keys are needed because a form may recognise
a line of one command as a line of another command."""


class Bundle(msgspec.Struct, frozen=True):
    """A bundle that was read.  ``layout``: the layout of its files.  ``files``: the files that were kept."""

    path: str
    layout: Layout
    files: Files
    pieces: tuple[Piece, ...]

    def evidence(self) -> Evidence:
        """Return the evidence of the host that the bundle describes."""
        mapped = mark_in(self.files)
        pieces = (each._replace(text=with_true_forms(each.text)) if mapped else each for each in self.pieces)
        found = tuple(each for piece in pieces for each in _outputs(piece))
        found = without_doubles(_with_podman_in_use(found))
        lacking = tuple(absent(found))
        if lacking:
            last = max(number for number, each in enumerate(found) if each.origin.startswith("nft list ruleset"))
            listing = found[last]
            whole = Output(listing.recognised, listing.origin, (*listing.parts, *lacking))
            found = (*found[:last], whole, *found[last + 1 :])
        found = tuple(_below(each, self.layout.root(self.files)) for each in (*_marks(mapped), *found))
        return evidence_of(found, "", name=self.layout.host(self.files))


def open_bundle(path: str) -> Bundle:
    """Return the bundle; raise EvidenceError if it cannot be read, or is beyond the limits.

    The paths of its files show the layout.  If no layout is known, every small file is read."""
    files = files_in(path, _keep)
    for layout in _LAYOUTS:
        pieces = layout.read(files)
        if pieces:
            _refuse_several(path, files, layout)
            return Bundle(path, layout, files, tuple(pieces))
    layout = any_files.LAYOUT
    files = files_in(path, layout.keep, is_useful=any_files.is_useful, budget=any_files.LOOKED_AT)
    return Bundle(path, layout, files, tuple(layout.read(files) or ()))


def _keep(path: str) -> int:
    return max(layout.keep(path) for layout in _LAYOUTS)


def _refuse_several(path: str, files: Files, layout: Layout) -> None:
    """Raise EvidenceError if the bundle has the reports of several hosts."""
    if layout is not sos.LAYOUT:
        return
    found = sos.hosts(files)
    if len(found) > 1:
        raise EvidenceError(
            message(
                "{path} holds {count} reports; give each of them with its own --bundle: {names}",
                path=path, count=len(found), names=", ".join(each.rstrip("/") or "." for each in found[:5]),
            )
        )  # fmt: skip


def _below(output: Output, root: str) -> Output:
    """Return the output, with the path of its file relative to the bundle's own folder."""
    taken = output.recognised
    return Output(msgspec.structs.replace(taken, file=taken.file.removeprefix(root)), output.origin, output.parts)


def _with_podman_in_use(found: tuple[Output, ...]) -> tuple[Output, ...]:
    """Return the outputs, without Podman's if Podman has no container.  If Podman is installed but not used, its
    outputs show only its defaults."""
    if any(part.key == "podman-containers" for each in found for part in each.parts):
        return found
    return tuple(
        Output(each.recognised, each.origin, tuple(part for part in each.parts if not part.key.startswith("podman-")))
        for each in found
    )


def _marks(mapped: str) -> Iterator[Output]:
    """Yield the entry that says that the addresses were replaced and are not the host's own.  ``mapped``: the file that
    shows this."""
    if mapped:
        yield Output(Recognised(1, 1, CLEANED, file=mapped), CLEANED, ())


def _outputs(piece: Piece) -> Iterator[Output]:
    if piece.parts or piece.told:
        yield Output(_entry(piece, 0, piece.text.count("\n"), piece.told), piece.told, piece.parts)
    elif not piece.command:
        for index, command, found in outputs(paste_of(piece.text)):
            taken = _entry(piece, index, found.end, found.told, command.host)
            yield Output(taken, command.text or found.told, _in_namespace(found.parts, piece.netns))
    else:
        yield from _of_command(piece)


def _of_command(piece: Piece) -> Iterator[Output]:
    """Yield the readings in the output of one command, as one entry."""
    paste = _paste(piece)
    parts: list[Fragment] = []
    spans: list[tuple[int, int]] = []
    if piece.whole.words[:3] == ("nft", "list", "ruleset"):  # what it does not list, the host does not have
        parts.append(Fragment("nft-tables", "\n", piece.netns))
        spans.append((0, 1))
    expected = _possible_keys(piece)
    told = piece.command
    for index, _, found in outputs(paste):
        kept = [part for part in found.parts if part.key.startswith(expected)]
        if kept or not found.parts:
            told = told if parts else found.told
            parts += kept
            spans.append((index, found.end))
    if spans:
        first, end = min(span[0] for span in spans), max(span[1] for span in spans)
        yield Output(_entry(piece, first, end, told), piece.command, _in_namespace(tuple(parts), piece.netns))


def _entry(piece: Piece, first: int, end: int, told: str, host: str = "") -> Recognised:
    """Return the entry of the lines from the index ``first`` to before ``end`` of the piece."""
    until = max(piece.line + first, piece.line + end - 1)
    return Recognised(piece.line + first, until, told, host, file=piece.path)


def _possible_keys(piece: Piece) -> tuple[str, ...]:
    """Return the beginnings of the keys that the output of the piece's command may contain; one empty beginning if this
    is not known."""
    words = " ".join(piece.whole.words)
    return next((keys for pattern, keys in _EXPECTED if pattern.match(words)), ("",))


def _paste(piece: Piece) -> Paste:
    lines = tuple("" if _SECRET.search(line) else line.rstrip("\r \t") for line in piece.text.split("\n"))
    return Paste(lines, {}, tuple(range(1, len(lines) + 1)), piece.whole)


def _in_namespace(parts: tuple[Fragment, ...], netns: str) -> tuple[Fragment, ...]:
    """Return the parts with the namespace of the piece.  Some forms do not take the namespace from the piece's
    command."""
    if netns in (HOST, ""):
        return parts
    return tuple(each._replace(netns=netns) if each.netns == HOST else each for each in parts)


def mark_in(files: Files) -> str:
    """Return the path of a file that contains a hardware address of ``sos clean``; empty if no file does."""
    return next((path for path, data in files.items() if _MARK.search(data) is not None), "")


def with_true_forms(text: str) -> str:
    """Return the text with corrected addresses: a network's address has no host bits, and a host's address has no
    prefix length."""
    return _NETWORK.sub(_network, _ADDRESS.sub(r'\1"', text))


def _network(found: re.Match[str]) -> str:
    try:
        return str(ip_network(found[1], strict=False))
    except ValueError:
        return found[1]


_BEGINNING = 1 << 16
_SNAPSHOT = b'{"schema":"hairpin.evidence/'


def evidence_in_bundle(path: str) -> Evidence:
    """Return the evidence of the host that the bundle describes.

    Raises EvidenceError if the bundle cannot be read, or CollectError if it contains an incomplete collection."""
    bundle = open_bundle(path)
    own = [name for name, data in bundle.files.items() if begins(data[:_BEGINNING])]
    if len(own) > 1:
        raise EvidenceError(
            message(
                "{path} holds {count} reports; give each of them with its own --bundle: {names}",
                path=path, count=len(own), names=", ".join(own[:5]),
            )
        )  # fmt: skip
    if own:
        return evidence_in(BytesIO(bundle.files[own[0]]), source=f"{path}: {own[0]}")
    if len(bundle.files) == 1 and next(iter(bundle.files.values())).startswith(_SNAPSHOT) and Path(path).is_file():
        return load(Path(path))
    return bundle.evidence()
