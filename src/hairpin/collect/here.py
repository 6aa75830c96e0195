"""Reads this host as root.  hairpin itself reads the network namespaces of ordinary containers by netlink, which starts
no program in them; ``collect.sh`` reads everything else.

The script runs with ``--apart``: it leaves out other network namespaces, and prints the reading ``apart`` for each.
A second run with ``--enter`` reads what ``netlink/`` cannot read exactly.  If a container has changed meanwhile,
everything is read again by the script alone, which knows how to handle that.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hairpin.collect.run import Runner, evidence_of_run
from hairpin.evidence.reading import Evidence, Reading

if TYPE_CHECKING:
    from hairpin.collect.netlink.insides import Inside, Place

_APART, _FACTS = "apart", "apart-facts"


def collect_here(runner: Runner, arguments: tuple[str, ...]) -> Evidence:
    """Return the evidence of this host; raise CollectError.  ``runner`` runs the script in the namespaces of this
    process.  ``arguments``: see :func:`hairpin.collect.run.words_of`."""
    evidence = evidence_of_run(runner, (*arguments, "--apart", "yes"))
    marks = evidence.all(_APART)
    if not marks:
        return _evidence_with(evidence, {})
    from hairpin.collect.netlink.insides import Facts, Place, read_insides  # noqa: PLC0415 - a host may have none

    facts = evidence.find(_FACTS, "")
    insides = read_insides((Place(each.netns, each.origin) for each in marks), Facts(facts.text if facts else ""))
    further: dict[str, list[Reading]] = {}
    for place, inside in insides.items():
        further.setdefault(place.netns, []).extend(inside.readings)
    left = tuple(_lines(insides))
    if left:
        for each in evidence_of_run(runner, ("--enter", "\n".join(left))).readings:
            if each.netns in further:
                further[each.netns].append(each)
    if any(_has_changed(each, insides[Place(each.netns, each.origin)].inode) for each in marks):
        return evidence_of_run(runner, arguments)
    return _evidence_with(evidence, further)


def _lines(insides: "dict[Place, Inside]") -> Iterator[str]:
    """Yield a line for each namespace of which something is left to the script."""
    for place, inside in insides.items():
        if inside.left:
            yield "\t".join((*place, " ".join(inside.left)))


def _has_changed(mark: Reading, inode: int) -> bool:
    """Return whether the process of a namespace has ended or become another program, or is in another namespace.

    A process that is being made into a container's has the name of the engine's runtime until it is."""
    try:
        if os.stat(mark.origin).st_ino != inode:  # noqa: PTH116 - pathlib takes many times as long, for each container
            return True
        if not mark.origin.endswith("/ns/net"):
            return False
        with open(f"{mark.origin.removesuffix('/ns/net')}/comm", "rb") as file:  # noqa: PTH123
            first_line = file.read().decode("utf-8", "surrogateescape").partition("\n")[0]
            return first_line.strip() != mark.text.strip()
    except OSError:
        return True


def _evidence_with(evidence: Evidence, further: dict[str, list[Reading]]) -> Evidence:
    """Return the evidence, in which the readings of each namespace take the place of its mark."""
    found: list[Reading] = []
    for each in evidence.readings:
        if each.key == _APART:
            found += further.pop(each.netns, ())
        elif each.key != _FACTS:
            found.append(each)
    readings = tuple(msgspec.structs.replace(each, id=f"e{number}") for number, each in enumerate(found, 1))
    return msgspec.structs.replace(evidence, readings=readings)
