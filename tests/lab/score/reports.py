"""Reports as ``hairpin check`` prints them, with the fields that the lab reads."""

from pathlib import Path

import msgspec

from hairpin.causes.cause import Severity
from hairpin.report.documents.document import (
    SCHEMA,
    CauseDocument,
    FileDocument,
    FlowDocument,
    ProofDocument,
    QuestionDocument,
    RemedyDocument,
    ReportDocument,
    StoppedAt,
)
from hairpin.report.documents.effects_document import SideEffectDocument
from hairpin.report.documents.head import HostDocument
from hairpin.walk.verdicts import Verdict

HOST = HostDocument("host", "6.1", "", "")


def flow(
    verdict: Verdict = "dropped", *causes: str, ref: str = "f1", reason: str = "", assumed: tuple[str, ...] = ()
) -> FlowDocument:
    stopped = StoppedAt("host", "host", "forward", "eth0", reason=reason) if reason else None
    return FlowDocument(ref, "a", "b", None, verdict, (), "simulated", stopped, causes, assumed=assumed)


def cause(
    ref: str,
    kind: str,
    *remedies: RemedyDocument,
    severity: Severity = "blocking",
    host: str = "",
    flows: tuple[str, ...] = ("f1",),
    together: tuple[str, ...] = (),
) -> CauseDocument:
    proof = ProofDocument("simulated", "dropped", "delivered", together)
    return CauseDocument(ref, kind, severity, "", "", {}, flows, proof, None, (), remedies, host)


def repair(
    *commands: str,
    host: str = "",
    persist: tuple[FileDocument, ...] = (),
    persist_commands: tuple[str, ...] = (),
    side_effects: tuple[SideEffectDocument, ...] = (),
) -> RemedyDocument:
    return RemedyDocument("x", commands, persist, side_effects, persist_commands, host=host)


def report(
    *flows: FlowDocument, causes: tuple[CauseDocument, ...] = (), questions: tuple[QuestionDocument, ...] = ()
) -> ReportDocument:
    return ReportDocument(SCHEMA, "0", HOST, (HOST,), flows, causes, {}, (), questions=questions)


def one_answer(folder: Path) -> tuple[str, ...]:
    """Return the command of a hairpin that says "eth0 does not forward" about every flow that does not start on the
    host."""
    repaired = repair("sysctl -w net.ipv4.conf.eth0.forwarding=1")
    lost = report(flow("dropped"), causes=(cause("c1", "interface-forwarding-off", repaired),))
    (folder / "0").write_bytes(msgspec.json.encode(report(flow("delivered"))))
    (folder / "1").write_bytes(msgspec.json.encode(lost))
    script = f'case " $* " in *" host "*) said=0 ;; *) said=1 ;; esac; cat {folder}/$said; exit $said'
    return ("sh", "-c", script, "hairpin")
