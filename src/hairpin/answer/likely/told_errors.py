"""The errors that a pasted text quotes, as likely causes of an answer about that text.

In such an error, an engine, a kernel or a client names the fault itself.  A quoted error is a better hint than a
supposition.  So the causes of quoted errors come after the causes that the text's own parts prove, and before the
causes that supposed parts make possible.

Some errors are readings: the engine, the kernel or a client has met the fault itself, and says so (``met`` in
``words/texts``).  Such an error proves its cause, whatever the rest of the host is like.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, Decides, Next
from hairpin.answer.likely.already_pasted import still_to_run
from hairpin.answer.likely.hinted import shown_by, sure_about
from hairpin.answer.likely.likely import OUTSIDE_CATALOGUE, known_by, likely_cause
from hairpin.causes.cause import Candidate
from hairpin.causes.registry import known_cause
from hairpin.causes.where import OfFile
from hairpin.change.change import Change
from hairpin.evidence.reading import Evidence
from hairpin.evidence.told import Outcome
from hairpin.explain.lookup import TextHit
from hairpin.explain.understand import PARTS, meaning_of_wrapped
from hairpin.message import message
from hairpin.network.socket_owner import EPHEMERAL
from hairpin.pasted.forms.system.log_lines import ENGINE_LOG
from hairpin.pasted.joining import telling_in
from hairpin.pasted.listed import recognised_in
from hairpin.suppose.hints.firewall_log import dropped_surely
from hairpin.suppose.hints.told_names import holders_in
from hairpin.words.errors import errors
from hairpin.words.meaning import TextMeaning

_replace = msgspec.structs.replace
_MOST_LINES = 4000
_WRAPPED = 400
"""In this number of lines at the beginning of a text, a line may be continued by the lines below it."""
_MOST = 4
"""The greatest number of causes that quoted errors give."""
_EACH = 2
"""The number of causes that count for one error.  These are the likeliest causes of the error."""


class QuotedError(NamedTuple):
    """An error that the text quotes: the number of its line, counted from 1, its words, and their meaning."""

    line: int
    quote: str
    entry: TextMeaning


def with_told_errors(answer: Answer) -> Answer:
    """Return the answer with the causes of the errors that its texts quote.  If no host of the answer is described by a
    text, return the same answer."""
    if not answer.is_of_text:
        return answer
    errors = tuple(each for evidence in answer.evidence for each in _errors(_lines_of(evidence)))
    named = tuple(_causes(errors, answer))
    if any(not each.likely for each in named):
        answer = _replace(answer, causes=tuple(_beside_met(answer, {each.id for each in named if not each.likely})))
    found = [each for each in answer.causes if each.shown_by is None]
    rest = [each for each in answer.causes if each.shown_by is not None]
    known = {each.id for each in found}
    made = [each for each in named if each.id not in known]
    kept = [each for each in rest if each.id not in {one.id for one in made}]
    asked = None if any(not each.likely for each in found) else confirming(made, answer)
    if rest or not made or all(each.likely for each in found):
        quoted = {each.id for each in made}
        found, made, kept = _among_likely(answer, made, known & {each.id for each in named})
        asked = asked if made and made[0].id in quoted else None
        asked = confirming(made[:1], answer) or asked if made and made[0] in named else asked
    logged = _met_by_log(answer)
    ranked = sorted(
        (_shown_by_kernel(each) if each.id in logged else each for each in (*found, *made, *kept)),
        key=lambda each: each.likely,
    )
    return _replace(answer, causes=with_refs(tuple(ranked)), next=asked or answer.next)


def _beside_met(answer: Answer, met: set[str]) -> Iterator[CauseAnswer]:
    """Yield the answer's causes if errors prove the causes with these ids.  The walked causes among them are proven,
    and causes to which only words point give way to the error's.  Unless a client failed, too, a cause for which no
    word of the text speaks is left out: the error has explained the trouble."""
    told = tuple(each for host in answer.network.hosts if host.told is not None for each in host.told.outcomes)
    is_explained = not any(each.failed and each.tool for each in told)
    for each in answer.causes:
        if each.id not in met - {OUTSIDE_CATALOGUE}:
            if not (is_explained and each.shown_by is not None and all(one in told for one in each.explains)):
                yield each
        elif each.shown_by is None:
            yield _replace(each, likely=False, severity="blocking")


def _shown_by_kernel(cause: CauseAnswer) -> CauseAnswer:
    return _replace(cause, likely=False, severity="blocking", shown_by=None)


def _met_by_log(answer: Answer) -> frozenset[str]:
    """Return the ids of the causes that the kernel's log shows of the asked ports, or of the ports at which clients
    failed."""
    outcomes = tuple(each for host in answer.network.hosts if host.told is not None for each in host.told.outcomes)
    asked = {each.port for each in answer.question.targets} or {each.port for each in outcomes if each.failed}
    ports = {each for each in asked if each is not None}
    inner = {
        binding.container_port
        for host in answer.network.hosts
        for container in host.containers()
        for binding in container.bindings
        if binding.host_port in ports
    }
    lines = tuple(line for evidence in answer.evidence for line in telling_in(evidence))
    return dropped_surely(lines, frozenset(ports), frozenset(inner))


_Causes = list[CauseAnswer]


def _among_likely(answer: Answer, made: _Causes, walked: set[str]) -> tuple[_Causes, _Causes, _Causes]:
    """Return the causes in three parts: the proven causes, the causes of quoted errors and those that the text names in
    plain words, and all other causes.  ``walked``: the ids of the quoted errors' causes that a walk of told parts has
    found, too; these causes stand before the errors' other causes."""
    proven = [each for each in answer.causes if not each.likely]
    ranked = [each for each in answer.causes if each.likely]
    sure = sure_about(answer)
    named = [each for each in ranked if known_by(each) in sure]
    named += [each for each in ranked if each.id in walked and each not in named]
    first = [*named, *(each for each in made if each not in named and each.id not in sure)]
    placed = {each.id for each in (*proven, *first)} - {OUTSIDE_CATALOGUE}
    listed = {each.id for each in answer.causes}
    behind = [each for each in ranked if each.id not in placed and each not in first]
    return proven, first, [*behind, *(each for each in made if each not in first and each.id not in listed)]


_OF_CONTAINER_NAMES = ("no-common-network-for-name", "default-bridge-has-no-names", "host-network-has-no-names")
_STOPPED = "container-not-running"
_COMPOSE = re.compile(r"\b(?:docker|podman)[- ]compose\b")
_NETWORKS = re.compile(
    r"\bnetworks:|\bexternal:|\bnetwork_mode\b|\b(?:another|other|second) (?:compose|project|stack)|--net(?:work)?\b"
)
"""In one project of compose without networks of its own, each service that runs knows the others' names."""
_OUTER_NAME = re.compile(
    r"\b[\w-]+\.(?:[\w-]+\.)*(?:com|org|net|io|de|cn|fr|uk|ru|eu|dev|gov|edu|co|me|app|info)\b", re.IGNORECASE
)
"""A name of the Internet.  An engine's name server does not know such a name by itself."""


_CONFIRMED = frozenset({
    "address-pool-exhausted", "bridge-subnet-overlaps-route", "cni-plugin-missing", "conntrack-table-full",
    "default-bridge-has-no-names", "docker-daemon-not-running", "docker-filter-chain-missing",
    "docker-nat-chain-missing", "ip-forward-off", "kernel-module-missing", "mtu-black-hole",
    "no-common-network-for-name", "podman-rules-missing", "port-allocated-by-other-container",
    "publish-address-not-on-host", "published-port-held-by-other-process", "resolv-conf-rewritten",
})  # fmt: skip
"""The causes that an error names so surely that the next command only has to confirm them.  For other causes, an error
is one hint among the hints of the text."""

_NAMED_BETTER_BY = {"published-port-held-by-other-process": "port-allocated-by-other-container"}
"""The causes that another error in the same text names better: the kernel says that a port is in use, and the engine
says that one of its containers has it."""


def confirming(causes: list[CauseAnswer], answer: Answer) -> Next | None:
    """Return the command that confirms the first of these causes that an error names surely."""
    pairs = {each.id: shown_by(answer, each.id) for each in causes if each.id in _CONFIRMED}
    for each in causes:
        own = pairs.get(each.id)
        run = still_to_run(answer, own[0]) if own is not None else ""
        if own is not None and run:
            same = [(name, pair[1]) for name, pair in pairs.items() if pair is not None and pair[0] == own[0]]
            outcomes = (Decides(shows, message("the cause is {cause}", cause=name), name) for name, shows in same)
            others = [one.id for one in causes if one.id not in dict(same)]
            left = message("still possible: {causes}", causes=", ".join(others)) if others else _LEFT
            return Next(run, (*outcomes, Decides(message("none of these"), left)))
        run = still_to_run(answer, each.shown_by[0]) if each.shown_by is not None else ""
        if each.id == OUTSIDE_CATALOGUE and each.shown_by is not None and run:
            shown = Decides(each.shown_by[1], each.candidate.title, each.id)
            return Next(run, (shown, Decides(message("none of these"), _LEFT)))
    return None


_LEFT = message("paste the output: hairpin then decides")


def with_refs(causes: tuple[CauseAnswer, ...]) -> tuple[CauseAnswer, ...]:
    """Return the causes with new references for the causes that no walk proves.  The new references come after the
    references of the proven causes."""
    number = sum(each.proof is not None for each in causes)
    named: list[CauseAnswer] = []
    for each in causes:
        if each.proof is None:
            number += 1
        named.append(each if each.proof is not None else _replace(each, ref=f"c{number}", together=(f"c{number}",)))
    return tuple(named)


def _lines_of(evidence: Evidence) -> tuple[tuple[int, str], ...]:
    """Return the lines in which a text may quote an error, with their numbers: prose, and dockerd's last line."""
    numbers = (each.line for each in recognised_in(evidence) if each.as_ == ENGINE_LOG)
    lines = (line for each in evidence.readings if each.key == "dockerd-log" for line in each.text.splitlines())
    return (*telling_in(evidence), *zip(numbers, lines, strict=False))


def _errors(lines: tuple[tuple[int, str], ...]) -> Iterator[QuotedError]:
    kept = lines[:_MOST_LINES]
    place = 0
    while place < len(kept):
        number = kept[place][0]
        parts = [
            line.encode("utf-8", "surrogateescape")
            for after, (other, line) in enumerate(kept[place : place + (PARTS if place < _WRAPPED else 1)])
            if other == number + after  # an output between two lines separates them
        ]
        hit, taken = meaning_of_wrapped(parts)
        place += taken
        if hit is not None and hit.entry.kind == "fault" and not hit.entry.outcome:
            entry = _replace(hit.entry, general=True, met=False) if _goes_on(hit) else hit.entry
            yield QuotedError(number, hit.matched, entry)


def _goes_on(hit: TextHit) -> bool:
    """Return whether an error of the C library follows the words that the entry knows: then this error says why, and
    the entry has not read it."""
    return _FOLLOWING.match(hit.text, hit.span[1]) is not None


_FOLLOWING = re.compile(
    rf"['\"`]?:\s+(?:{'|'.join(re.escape(text) for each in errors().values() for text in each.texts)})", re.IGNORECASE
)


def _is_one_project(answer: Answer) -> bool:
    """Return whether the texts are about one project of compose without networks of its own."""
    lines = [line for evidence in answer.evidence for _, line in telling_in(evidence)]
    return any(map(_COMPOSE.search, lines)) and not any(map(_NETWORKS.search, lines))


def _causes(errors: tuple[QuotedError, ...], answer: Answer) -> Iterator[CauseAnswer]:
    named: dict[tuple[str, str], QuotedError] = {}  # causes outside of the catalogue differ by their entries
    for each in sorted(errors, key=lambda one: one.entry.general):
        ids = dict.fromkeys((each.entry.kept_by, *each.entry.shown_by, *each.entry.causes[:_EACH]))
        if "no-common-network-for-name" in ids and each.entry.printed_by == "client" and _is_one_project(answer):
            ids = dict.fromkeys((_STOPPED, *ids))
        known = tuple(one for one in ids if one and known_cause(one) is not None)
        for cause in known or ((OUTSIDE_CATALOGUE,) if not each.entry.general else ()):
            if not (cause in _OF_CONTAINER_NAMES and _OUTER_NAME.search(each.quote)):
                key = (cause, each.entry.id if cause == OUTSIDE_CATALOGUE else "")
                if key not in named or _rank(each, cause) > _rank(named[key], cause):
                    named[key] = each
    surest = {_surest(each.entry) for each in errors}
    for (cause, _), error in list(named.items())[:_MOST]:
        known_as = known_cause(cause)
        seen = Outcome(error.entry.program or "", error.quote, "refused", line=error.line)
        made = likely_cause(cause, answer.network.this.name,
            Candidate(known_as.title if known_as is  not None else error.entry.meaning, message("{quote}: {meaning}",
            quote=error.quote, meaning=error.entry.meaning), Change(()), OfFile(f"line {error.line}"),
            "nothing-listens-there"), ref="", explains=(seen,), shown_by=(error.entry.command,
            error.entry.shows or error.entry.meaning))  # fmt: skip
        is_met = cause in (OUTSIDE_CATALOGUE, _surest(error.entry)) and _is_met(error, errors, answer)
        better = _NAMED_BETTER_BY.get(cause)
        is_met = is_met and not (better is not None and (better in surest or _may_be_its_own(error, answer)))
        yield _replace(made, likely=False, severity="blocking", shown_by=None) if is_met else made


def _rank(error: QuotedError, cause: str) -> tuple[bool, bool]:
    """Return how surely the error shows the cause, as a value to compare."""
    return _surest(error.entry) == cause, error.entry.met


def _is_met(error: QuotedError, errors: tuple[QuotedError, ...], answer: Answer) -> bool:
    """Return whether the program that printed the error has met its cause.  A client's error is about one connection:
    if the text has another such error, or a client that could not connect, the trouble may be this other one."""
    if not error.entry.met or error.entry.printed_by == "host":
        return error.entry.met
    told = (host.told for host in answer.network.hosts if host.told is not None)
    failed = (each for parts in told for each in parts.outcomes if each.failed and each.tool)
    return all(each.entry is error.entry for each in errors if each.entry.met) and all(
        error.line <= each.line < error.line + PARTS or each.host in error.quote for each in failed
    )


def _may_be_its_own(error: QuotedError, answer: Answer) -> bool:
    """Return whether perhaps no other process holds the port that the error names, and the text lists no process that
    does: it is the source port of a connection, or the port of a container that the text lists, or Podman asked the
    kernel for it.  Podman does not know which ports are its own: conmon holds the ports of a container until it ends,
    and a restart meets it there."""
    ports = [int(each) for each in _PORT.findall(error.quote)]
    lines = (line for evidence in answer.evidence for line in telling_in(evidence))
    if any(int(found["port"]) in ports for _, _, found in holders_in(lines)):
        return False
    if "cannot listen on the " in error.quote:
        return True
    told = ((host, host.told) for host in answer.network.hosts)
    listed = (each for host, parts in told if parts is not None for each in host.containers()
              if each.running and each.name in parts.containers)  # fmt: skip
    published = {each.host_port for container in listed for each in container.bindings}
    first, last = EPHEMERAL
    return any(first <= each <= last or each in published for each in ports)


_PORT = re.compile(r":(\d{1,5})(?=: |[\s\"',)]|$)")


def _surest(entry: TextMeaning) -> str:
    """Return the cause that an error names before all others; empty if the error names none."""
    return entry.kept_by or next(iter((*entry.shown_by, *entry.causes)), "")
