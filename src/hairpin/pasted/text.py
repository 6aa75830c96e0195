"""The entry: from pasted texts to the evidence of the host that they describe.

A command line may contain a password, so of typed commands and of compose files only the words about the network are
kept.  The values of these options are only names, addresses and numbers.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hairpin.errors import EvidenceError, WrongPathError
from hairpin.evidence.reading import Evidence
from hairpin.message import message
from hairpin.pasted.commands import changes
from hairpin.pasted.counted import counted_in, is_count, text_of
from hairpin.pasted.form import Command, Found, Fragment, Paste, Recognised
from hairpin.pasted.joining import Output, evidence_of, unrecognised_in
from hairpin.pasted.moments import before_repair, of_broken_moment
from hairpin.pasted.recognise import outputs, paste_of
from hairpin.pasted.secrecy import is_secret, origin_of, without_credentials
from hairpin.sought import Sought

_VALUE = r"(?:[a-z][a-z+.-]*://)?[\w.*+:\[\]-]{1,60}(?:/[\w./-]*)?"
"""Matches a port, an address, a name, or a URL without a user."""
_SETTING = (
    r"(?:[A-Z][A-Z0-9]*_){0,4}(?:(?:PG)?PORTS?|HOST(?:NAME)?|ADDR(?:ESS)?|BIND|LISTEN|IP|URLS?|URI|SERVER|UPSTREAM|ENDPOINT"
    r"|ORIGIN|LISTENERS)"
)
"""Matches a variable of a program's environment that names a port or an address."""
_LABEL = r"traefik\.(?:enable|(?:docker\.)?network|(?:(?:http|tcp)\.services\.[\w-]+\.loadbalancer\.server\.)?port)"
_ENGINE = Sought(
    r"(?:sudo )?(?:/\S*/)?(?:docker-compose|podman-compose|docker|podman|nerdctl)(?: (?:container|compose|network|run"
    r"|create|start|exec|connect|disconnect|prune|up|service))*\b"
)
_OPTION = Sought(
    rf"(?<!\S)(?:--(?:net(?:work)?|driver|subnet|gateway|ip|ip6|ip-range|publish|add-host|dns|mtu|bridge|iptables|icc"
    rf"|ip-masq|userland-proxy|cap-add|link|sysctl)(?:=| )[\w.:/,=-]+|--(?:internal|privileged|ipv6|publish-all"
    rf"|attachable|service-ports|force-recreate)|(?:-e|--env)(?:=| )[\"']?{_SETTING}={_VALUE}[\"']?|(?:-l|--label)(?:="
    rf"| )[\"']?{_LABEL}={_VALUE}[\"']?|--name(?:=| )[\w.-]+|-d (?:macvlan|ipvlan|bridge|overlay)|-p [\d.:]+(?:/\w+)?"
    rf"|-P|-o (?:parent|com\.docker\.network)[\w.=-]+)(?!\S)"
)
_KEPT = Sought(r"compose|network (?:connect|disconnect|prune)")
"""Matches calls whose words count even without an option about the network."""
_SENTENCE = Sought(r"[a-z\d]{2}\. (?P<said>[A-Z][a-z]* [a-z]+:? .*)$")
"""Matches a sentence after a command in the same line: it begins with a capital letter."""
_COMPOSE = Sought(
    r"\s*-?\s*(?:network_mode|internal|external|driver|parent|subnet|gateway|ipv4_address|ports|expose|links|depends_on"
    r"|networks|extra_hosts|enable_ipv6|com\.docker\.network[\w.]*)\s*:.{0,60}$"
    r"|\s*-\s*[\"']?(?:\d+\.\d+\.\d+\.\d+:)?\d+:\d+(?:/\w+)?[\"']?\s*$"
    r"|\s*-?\s*[\"']?[\w.]+[\"']?\s*[:=]\s*[\"']?(?:\w+://)?(?:localhost|127\.0\.0\.1"
    r"|host\.docker\.internal)(?::\d+)?[\w/]*[\"']?\s*$"
    rf"|\s*-?\s*[\"']?(?:{_SETTING}|{_LABEL})[\"']?\s*[:=]\s*[\"']?{_VALUE}[\"']?\s*$|\s*[\"']?[\w.-]+[\"']?:\s*$"
    rf"|\s*-?\s*container_name\s*:\s*[\"']?[\w.-]+[\"']?\s*$"
    rf"|\s*command\s*:\s*\[?[\"']?[\w/.-]+[\"']?,?\s+[\"']?--port[= \"',]+\d+[\"']?\]?\s*$"
    rf"|\s*command\s*:\s*\[?[\"']?(?:[\w/]+/)?redis-server[\"']?,?\s*[\"']?/[\w./-]+\.conf[\"']?\]?\s*$"
)


def harmless_words(command: str) -> str:
    """Return the words about the network in an engine's command line, and the sentences after the command; empty if
    there are none.  A call of compose is about the network, too, because its projects have networks of their own."""
    engine = _ENGINE.match(command)
    options = _OPTION.findall(command) if engine is not None else []
    said = _SENTENCE.search(command)
    behind = f". {said['said']}" if said is not None else ""
    is_kept = engine is not None and (options or behind or _KEPT.search(engine[0]) is not None)
    return " ".join((engine[0], *options)) + behind if engine is not None and is_kept else behind


def is_harmless(line: str) -> bool:
    """Return whether a line of a compose file is about the network and has only names, addresses and numbers."""
    return _COMPOSE.match(line) is not None


OUTCOME = "outcome"
"""The key of the reading with the outcomes that clients saw."""
_SAID = (OUTCOME, "klog", "typed-docker-networks", "typed-podman-networks")
"""The keys of readings whose lines also count as words of the text, because a client's error, a line of the kernel's
log or the options of a network may name a cause."""
STANDARD_INPUT = "-"
_FEWEST_WORDS = 4
"""If a line has at least this many words besides a quoted command, it is a sentence."""
_PARAGRAPH = 300
"""A line of at least this many characters may be a paragraph of several sentences."""
_SENTENCE_END = Sought(r"(?<!\d)[.!?](?=\s|$)")
LIMIT_BYTES = 64 * 1024 * 1024
"""The greatest size of a text.  A text of this size takes a minute."""


def evidence_in_files(paths: tuple[str, ...]) -> Evidence:
    """Return the evidence of the one host that the texts in these files describe; raise EvidenceError if a file cannot
    be read.  ``-`` is standard input."""
    return evidence_in_texts(tuple(_text_of(each) for each in paths))


def lines_in_files(paths: tuple[str, ...]) -> Iterator[bytes]:
    """Yield the lines of the files that belong to no output, such as log lines; raise EvidenceError as
    :func:`evidence_in_files`.  A label before a path is ignored."""
    for each in paths:
        label, equals, path = each.partition("=")
        found = evidence_in_files((path if equals and "/" not in label and not Path(each).exists() else each,))
        yield from (words.encode("utf-8", "surrogateescape") for _, words in unrecognised_in(found))


def evidence_in_texts(texts: tuple[str, ...]) -> Evidence:
    """Return the evidence of the one host that the texts describe.

    If nothing was recognised in the texts, the evidence has only one reading: the empty list of recognised outputs."""
    pastes = tuple(map(paste_of, texts))
    told = tuple(of_broken_moment(each, before_repair(each, tuple(_outputs(each)))) for each in pastes)
    found = tuple(each for each, _ in told)
    differing = tuple(each for _, differences in told for each in differences)
    left = "".join(_left_lines(paste, outputs) for paste, outputs in zip(pastes, found, strict=True))
    every = tuple(each for one in found for each in one)
    names = (each.recognised.host for each in every if each.recognised.host)
    counted = text_of(each for paste in pastes for each in counted_in(paste))
    differences = "".join(msgspec.json.encode(each).decode() + "\n" for each in differing)
    return evidence_of(every, left, counted, differences, name=next(names, ""))


def _text_of(path: str) -> str:
    try:
        if path == STANDARD_INPUT:
            if sys.stdin is None:  # closed by the caller
                raise EvidenceError(message("--text -: standard input is closed"))
            data = sys.stdin.buffer.read(LIMIT_BYTES + 1)
        else:
            with Path(path).open("rb") as stream:
                data = stream.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise WrongPathError(message("{path}: cannot be read: {reason}", path=path, reason=error.strerror)) from error
    if len(data) > LIMIT_BYTES:
        raise EvidenceError(
            message(
                "{path}: more than {mib} MiB of text; paste only the outputs of the commands",
                path=path,
                mib=LIMIT_BYTES >> 20,
            )
        )
    return _text_from(data)


def _text_from(data: bytes) -> str:
    """Return the bytes as text.  Windows' programs save text as UTF-16, with a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "surrogateescape")


def _outputs(paste: Paste) -> Iterator[Output]:
    for index, command, found in outputs(paste):
        yield _output(paste, index, command, found)


def _left_lines(paste: Paste, found: tuple[Output, ...]) -> str:
    """Return the lines that belong to no reading, each after its line number.  Lines with commands that only read, and
    words that may contain a secret, are left out."""
    taken = {
        number
        for each in found
        if any(part.key not in _SAID for part in each.parts)
        for number in range(each.recognised.line, each.recognised.until + 1)
    }
    lines = (
        (number, words)
        for index, (number, line) in enumerate(zip(paste.numbers, paste.lines, strict=True))
        if (words := _words_of(line, paste.commands.get(index)))
        and (number not in taken or is_harmless(line) or words is not line)
        and line.strip()
        and not is_count(line)
        and (words := _without_secrets(words))
    )
    return "".join(f"{number}:{without_credentials(line.strip())}\n" for number, line in lines)


def _without_secrets(words: str) -> str:
    """Return the words if they contain no secret.  If the words are a whole paragraph in one line, return its
    sentences without a secret.  A short piece beside a secret is left out, because it may belong to the secret."""
    if not is_secret(words):
        return words
    if len(words) < _PARAGRAPH:
        return ""
    sentences = (each.strip() for each in _SENTENCE_END.split(words))
    return ". ".join(each for each in sentences if len(each.split()) > _FEWEST_WORDS and not is_secret(each))


def _words_of(line: str, command: Command | None) -> str:
    """Return the words of a line without the command in it, because the command may contain a secret.  If the command
    changes the host, return all words."""
    if command is None or changes(command):
        return line
    around = line.replace(command.text, "", 1) if command.text in line else ""
    kept = around if len(around.split()) >= _FEWEST_WORDS else ""
    goes_on = " \\" if line.rstrip().endswith("\\") else ""
    return f"{kept} {words}{goes_on}".strip() if (words := harmless_words(command.text)) else kept.strip()


def _output(paste: Paste, index: int, command: Command, found: Found) -> Output:
    first, last = paste.numbers[index], paste.numbers[min(max(found.end - 1, index), len(paste.numbers) - 1)]
    taken = Recognised(first, last, found.told, command.host)
    parts = tuple(_at_line(paste, each, index) for each in found.parts)
    return Output(taken, origin_of(command, found.told), parts, named=bool(command.words))


def _at_line(paste: Paste, part: Fragment, index: int) -> Fragment:
    """Return the part.  If the part is an outcome, it gets its line number in the pasted text.  ``index``: the index of
    the output's first line."""
    if part.key != OUTCOME:
        return part
    return part._replace(text="".join(_with_line(paste, each, index) for each in part.text.splitlines()))


def _with_line(paste: Paste, outcome: str, index: int) -> str:
    fields = msgspec.json.decode(outcome, type=dict[str, Any])
    at = fields.get("line", index + 1) - 1
    shown: dict[str, Any] = {"target": without_credentials(str(fields.get("target", ""))), "line": paste.numbers[at]}
    return msgspec.json.encode({**fields, **shown}).decode() + "\n"
