"""Runs a guard in a host of the lab, carries a story's change out, and compares what the guard told with the truth."""

import json
import os
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from select import select
from typing import IO, Any, Literal

import msgspec

from hairpin.errors import LabError
from hairpin.guard.change import SeenChange
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.engine import write
from hairpin.lab.run import HAIRPIN, environment
from tests.watched.heard import hearing
from tests.watched.stories import Story

_FILE = "/etc/hairpin/expect.toml"
_PATIENCE_S = 120.0
"""How long the guard may take on a busy machine until it has told; a limit, not a measurement."""


class Result(msgspec.Struct, frozen=True):
    """What became of a story.  ``who``: who is named, by the guard or by its sources (``heard``): the writer and nobody
    else (``right``), nobody, or another one.  ``behind``: whether the script is named, too, for which the writer
    worked.  ``when``: whether the change's time lies within the script's own.  ``what``: whether the lines broke with a
    right cause.  ``told_s``: from the change to the guard's line."""

    name: str
    who: Literal["right", "unknown", "wrong"] = "unknown"
    behind: bool = False
    when: bool = False
    what: bool = False
    told_s: float = 0.0
    said: str = ""
    void: str = ""

    @property
    def is_right(self) -> bool:
        """Whether when and what are right, and nobody is named who did not do it."""
        return self.who != "wrong" and self.when and self.what


def replay(story: Story) -> Result:
    """Return what the guard told of the story's change."""
    try:
        with running_lab(story.plan) as lab:
            write(lab.host, _FILE, story.file)
            write(lab.host, f"/usr/local/bin/{story.program}", f"#!/bin/sh\n{story.shell}\nread ended\n")
            lab.host.run(f"chmod +x /usr/local/bin/{story.program}")
            with _guard(lab) as lines, hearing(lab) as heard:
                first = next(lines)
                if first["broken"]:  # what it cannot hear in a namespace of processes it says, and is not asked
                    return Result(story.name, void=f"at the start: {json.dumps(first)[:400]}")
                found, *times = _changed(lab, story, lines)
        return _told(story, found, heard, *times)
    except (LabError, StopIteration) as error:
        return Result(story.name, void=f"{type(error).__name__}: {str(error).strip()[-300:]}")


def _changed(lab: Lab, story: Story, lines: Iterator[dict[str, Any]]) -> tuple[list[dict[str, Any]], float, float]:
    """Carry the change out; return the guard's rounds until all lines are broken, and when the change began and ended.

    The script reads a line behind its change, so that it lives until the guard has looked at it."""
    began_s = time.time()
    found: list[dict[str, Any]] = []
    script = subprocess.Popen(
        (*lab.host.enter, f"/usr/local/bin/{story.program}"), stdin=subprocess.PIPE, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with script:
        while sum(len(each["broke"]) + len(each["lost"]) for each in found) < story.lines:
            try:
                found.append(next(lines))
            except StopIteration:
                break
        ended_s = time.time()
        script.communicate(b"ended\n")
    return found, began_s, ended_s


def _told(story: Story, found: list[dict[str, Any]], heard: list[SeenChange], began_s: float, ended_s: float) -> Result:
    """Return what the guard's rounds and its sources say.  ``heard``: what the sources tell where the kernel tells of
    all processes."""
    broke = [one for each in found for one in (*each["broke"], *each["lost"])]
    causes = {cause["id"] for one in broke for breach in one.get("breaches", ()) for cause in breach["causes"]}
    causes |= {one["kind"] for one in broke if "kind" in one}
    changes = [
        one for each in found if each["broke"] or each["lost"] for one in each["changes"] if one["part"] == story.part
    ]
    culprits = [one["culprit"] for one in changes if one["culprit"] is not None]
    during = (each.culprit for each in heard if each.part == story.part and began_s <= each.at_s <= ended_s)
    culprits += [each._asdict() for each in during if each is not None]
    others = [each for each in culprits if each["name"] not in story.writer]
    times = [datetime.fromisoformat(one["at"]).timestamp() for one in changes]
    return Result(
        story.name,
        who="wrong" if others else "right" if culprits else "unknown",
        behind=any(story.program[:15] in (each["name"], *each["parents"]) for each in culprits),
        when=bool(times) and all(began_s - 1 <= each <= ended_s + 1 for each in times),
        what=len(broke) >= story.lines and bool(causes & set(story.causes)),
        told_s=round(ended_s - min(times, default=ended_s), 2),
        said=json.dumps({"causes": sorted(causes), "culprits": culprits, "lines": len(broke)})[:900],
    )


@contextmanager
def _guard(lab: Lab) -> Generator[Iterator[dict[str, Any]]]:
    """Run a guard in all namespaces of the host; yield its rounds as they come."""
    argv = (*lab.host.enter, *HAIRPIN, "guard", "run", "--json", _FILE)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment(), bufsize=0) as guard:
        assert guard.stdout is not None
        try:
            yield _lines(guard.stdout)
        finally:
            guard.terminate()
            try:
                guard.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                guard.kill()


def _lines(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    rest = b""
    while select((stream,), (), (), _PATIENCE_S)[0]:
        data = os.read(stream.fileno(), 1 << 16)
        if not data:
            return
        *whole, rest = (rest + data).split(b"\n")
        yield from map(json.loads, whole)
