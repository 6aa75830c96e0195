"""Answers about a real host's evidence (tests/host/fixture_evidence.py), whole or with some of its text replaced."""

from functools import cache
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.diagnose.examination import Examination, examine
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.network import Network
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.question.question import Kind, Question
from hairpin.report.documents.document import ReportDocument, report_document
from hairpin.report.paper import Paper
from hairpin.report.text.terminal import report_text
from hairpin.report.words import Language, Words
from tests.host.fixture_evidence import evidence_of

Replacement = tuple[str, str]
FORWARDING_OFF: Replacement = ("/ipv4/conf/eth0/forwarding:1", "/ipv4/conf/eth0/forwarding:0")
USER_DROPS: Replacement = (
    "-A DOCKER-USER -j RETURN",
    "-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 -j DROP\n[0:0] -A DOCKER-USER -j RETURN",
)


@cache
def evidence(*replacements: Replacement, host: str = "docker-20.10") -> Evidence:
    """Return the evidence with every replacement made in every reading; each text to replace must occur."""
    whole = evidence_of(host)
    for old, new in replacements:
        assert any(old in reading.text for reading in whole.readings), old
        readings = tuple(
            msgspec.structs.replace(each, text=each.text.replace(old, new)) if old in each.text else each
            for each in whole.readings
        )
        whole = msgspec.structs.replace(whole, readings=readings)
    return whole


@cache
def network(*replacements: Replacement) -> Network:
    return Network((parse(evidence(*replacements)),))


@cache
def answer(
    *replacements: Replacement,
    port: int | None = 8080,
    origin: Literal["host", "lan"] | None = None,
    kind: Kind = "check",
) -> Answer:
    """Return the answer for a port (None: for everything)."""
    targets = (Target(port),) if port is not None else ()
    question = Question(kind, targets, Origin(origin) if origin is not None else None)
    return ask(question, (evidence(*replacements),))


@cache
def examination(*replacements: Replacement, port: int = 8080) -> Examination:
    """Return the diagnoses for a port."""
    found = network(*replacements)
    return examine(found, flows_for(found, (Target(port),), None))


def document(*replacements: Replacement, port: int | None = 8080, language: Language = "en") -> ReportDocument:
    return report_document(answer(*replacements, port=port), Words(language))


def text(
    *replacements: Replacement,
    port: int | None = 8080,
    language: Language = "en",
    width: int = 80,
    verbose: bool = False,
) -> str:
    """Return the report as it is written on plain paper."""
    return report_text(answer(*replacements, port=port), Words(language), Paper(width=width), verbose=verbose)
