"""One case from building the host to undo."""

import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab
from tests.harm.case import Case
from tests.harm.flows import known_flows, measured
from tests.harm.hairpin import Said, carried_out, irreversible, said
from tests.harm.judge import Miss, Seen, is_void, misses
from tests.hunt.real.flows import boxes, prepare
from tests.score.host_state import differences, host_state

_FILE = re.compile(r"host files: (?P<sign>[+-])(?P<sum>[0-9a-f]{32}) +(?P<path>/.*)")
_KEPT = "iptables-save; cat /etc/docker/daemon.json"
_COUNTS = re.compile(r"\bcounter (?=accept|drop|reject|return|jump)")


class Result(msgspec.Struct, frozen=True):
    """What became of a case.  ``flows``: how many were tried.  ``done``: the commands that were carried out."""

    name: str
    form: str
    element: str
    host: str
    said: str
    typed: tuple[str, ...] = ()
    asked: str = ""
    status: int = -1
    done: tuple[str, ...] = ()
    flows: int = 0
    misses: tuple[Miss, ...] = ()
    seconds: float = 0.0

    def has(self, *whats: str) -> bool:
        """Return whether it has a miss of one of these kinds."""
        return any(each.what in whats for each in self.misses)


def try_case(case: Case, *, dry: bool = False) -> Result:
    """Carry one case through.  ``dry``: hairpin is not asked, only whether the case is what it says."""
    began = time.monotonic()
    draw = case.draw
    result = Result(
        case.name, case.form, case.element, case.kind, draw.said, (*draw.before, *draw.commands), " ".join(draw.ask)
    )
    try:
        with running_lab(case.plan) as lab:
            result = _tried(case, lab, result, dry=dry)
    except LabError as error:
        result = msgspec.structs.replace(result, misses=(Miss("void", str(error).strip()[-300:]),))
    return msgspec.structs.replace(result, seconds=round(time.monotonic() - began, 1))


def _tried(case: Case, lab: Lab, result: Result, *, dry: bool) -> Result:
    draw = case.draw
    prepare(lab)
    for command in draw.before:
        lab.host.run(command)
    known = boxes(lab, {})
    wanted = known_flows(lab, case.plan, known)
    healthy = measured(lab, wanted, known)
    for command in draw.commands:
        lab.host.run(command)
    now = boxes(lab, known)
    faulty = measured(lab, wanted, now, healthy)
    result = msgspec.structs.replace(result, flows=len(wanted))
    void = is_void(case, healthy, faulty)
    if void:
        return msgspec.structs.replace(result, misses=(Miss("void", void),))
    if dry:
        return result
    was = host_state(lab)
    check = said(lab.host, "check", *draw.ask, "--no-traces")
    fix = said(lab.host, "fix", *draw.ask, "--apply", "--yes")
    done = carried_out(fix)
    later = boxes(lab, known)
    # What passed before, or when all worked, is given time.
    patient = {way: faulty[way] if faulty[way].passes else healthy[way] for way in wanted}
    fixed = measured(lab, wanted, later, patient) if done else faulty
    gone = [Miss("taken away", each) for each in draw.keeps if each not in lab.host.run(_KEPT)]
    undo: Said | None = None
    undone = fixed
    if done and not irreversible(fix):
        undo = said(lab.host, "undo")
        undone = measured(lab, wanted, boxes(lab, known), faulty)
    containers = {address: name for name, box in {**known, **later}.items() for address in box.addresses}
    seen = Seen(healthy, faulty, fixed, undone, containers)
    found = [*misses(case, seen, check, fix), *gone, *_undone(lab, was, seen, fix, undo)]
    return msgspec.structs.replace(result, status=fix.status, done=done, misses=tuple(found))


def _undone(lab: Lab, was: Mapping[str, str], seen: Seen, fix: Said, undo: Said | None) -> list[Miss]:
    found: list[Miss] = []
    if undo is not None and undo.status:
        found.append(Miss("undo", f"status {undo.status}: {undo.complaint[-200:]}"))
    left = () if irreversible(fix) else differences(_still(was), _still(host_state(lab)))
    left = tuple(each for each in left if not _of_machine(each))
    if left:
        found.append(Miss("undo", f"{'left' if undo else 'changed, unsaid'}: {'; '.join(left[:4])}"[:400]))
    other = [str(way) for way, now in seen.undone.items() if undo and now.passes is not seen.faulty[way].passes]
    if other:
        found.append(Miss("undo", f"{len(other)} flows are not as before: {', '.join(other[:3])}"))
    return found


def _of_machine(difference: str) -> bool:
    """Return whether a file is another one since this machine's own has changed meanwhile, which the host sees."""
    found = _FILE.fullmatch(difference)
    if found is None:
        return False
    path = Path(found["path"])
    now = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() if path.is_file() else ""
    # What the host itself wrote is not on the machine; what it removed still is.
    return (now == found["sum"]) is (found["sign"] == "+")


def _still(state: Mapping[str, str]) -> dict[str, str]:
    """Leave out what says nothing: locks, which this machine's own tools may make below the host's files meanwhile, and
    that a rule counts."""
    return {
        part: "\n".join(_COUNTS.sub("", each) for each in text.splitlines() if not each.endswith(".lock"))
        for part, text in state.items()
    }
