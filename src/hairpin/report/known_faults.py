"""The known faults of one version of a program: what ``hairpin explain PRODUCT VERSION`` prints."""

import re
from typing import NamedTuple

import msgspec

from hairpin.facts.catalogue import REVIEWED, facts_of
from hairpin.facts.fact import Fact, Product, product_of
from hairpin.facts.version import ProgramVersion, version_of
from hairpin.message import Message, message
from hairpin.report.pages import SCHEMA
from hairpin.report.paper import Paper
from hairpin.report.words import Words

_VERSION = re.compile(r"v?\d[\w.:+~^-]*", re.ASCII)


class AskedVersion(NamedTuple):
    """A version of which the user asks for the known faults."""

    product: Product
    version: ProgramVersion


class KnownFault(msgspec.Struct, frozen=True):
    """A known fault.

    ``does``: the behaviour.  ``mended_in``: the versions without it; empty if none is known.  ``advice``: what to do.
    ``test``: a command that changes nothing, and ``shows``: its output if the behaviour is there.  ``known_since``: a
    day, as in ISO 8601."""

    id: str
    does: str
    mended_in: tuple[str, ...]
    advice: str
    test: str
    shows: str
    known_since: str
    sources: tuple[str, ...]


class FaultsDocument(msgspec.Struct, frozen=True):
    """The output of ``hairpin explain PRODUCT VERSION --json``.  ``reviewed``: the day on which hairpin's list of facts
    was last looked through, as in ISO 8601."""

    schema: str
    product: str
    version: str
    reviewed: str
    faults: tuple[KnownFault, ...]


def asked_version(texts: tuple[str, ...]) -> AskedVersion | None:
    """Return the version that the arguments ask for; None if they are anything else."""
    given = " ".join(texts).split()
    if len(given) != 2 or not _VERSION.fullmatch(given[1]):
        return None
    product, version = product_of(given[0]), version_of(given[1])
    return AskedVersion(product, version) if product is not None and version is not None else None


def faults_document(asked: AskedVersion, words: Words) -> FaultsDocument:
    """Return the known faults of the version, in the reader's language."""
    found = tuple(_fault(each, words) for each in facts_of(asked.product, asked.version))
    return FaultsDocument(SCHEMA, asked.product, asked.version.text, REVIEWED, found)


def _fault(fact: Fact, words: Words) -> KnownFault:
    return KnownFault(
        id=fact.id,
        does=words(fact.does),
        mended_in=tuple(each for each in (*fact.mended, fact.of.before) if each),
        advice=words(fact.advice),
        test=fact.typed_test,
        shows=words(fact.shows),
        known_since=fact.day,
        sources=fact.sources,
    )


def heading(shown: FaultsDocument) -> Message:
    """Return the sentence that stands above the faults."""
    if not shown.faults:
        return message(
            "hairpin knows no fault of {product} {version}; its list of versions' faults is of {reviewed}",
            product=shown.product,
            version=shown.version,
            reviewed=shown.reviewed,
        )
    return message(
        "Known of {product} {version}, in hairpin's list of {reviewed} (a version alone proves nothing: the test of a "
        "fault shows whether your host has it)",
        product=shown.product,
        version=shown.version,
        reviewed=shown.reviewed,
    )


def lines_of(fault: KnownFault) -> tuple[tuple[Message, str], ...]:
    """Return what is told of a fault: a label and a text in each line."""
    told = message("known since {day}:", day=fault.known_since)
    return (
        (message("to mend it:"), fault.advice),
        (message("the test:"), f"`{fault.test}`"),
        (message("is there if:"), fault.shows),
        (told, "  ".join(fault.sources)),
    )


def write_faults(shown: FaultsDocument, words: Words, paper: Paper) -> None:
    """Write the known faults on paper."""
    paper.prose(words(heading(shown)), style="strong")
    for each in shown.faults:
        paper.gap()
        paper.prose(each.does, indent=2, first=f"{each.id}: ", first_style="bad")
        for label, text in lines_of(each):
            paper.prose(text, indent=4, first=f"{words(label)} ", first_style="strong")
