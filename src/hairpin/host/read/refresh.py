"""Refreshes a host after some readings were made again, for example the rules of one namespace or one sysctl.

Only the new readings are parsed, and the readings that they replace are dropped.
"""

from hairpin.evidence.reading import Evidence, Place
from hairpin.evidence.renewal import changed_places, renewed
from hairpin.host.read.parse import ParsedHost, of_readings
from hairpin.host.read.readings import Readings


def refreshed(before: ParsedHost, newer: Evidence, gone: frozenset[Place] = frozenset()) -> ParsedHost:
    """Return the host with the readings of ``newer``, and without the readings at the places ``gone``
    (evidence/renewal.py).

    Law: the result equals the host that is parsed from the whole renewed evidence.  Parts that are not affected are the
    same objects as before, and so are unchanged chains of a ruleset that was read again.  Therefore derived values that
    are kept on these objects (``hairpin.kept``), such as the index of a long chain, stay.
    """
    evidence = renewed(before.evidence, newer, gone)
    return of_readings(evidence, Readings(evidence, before.parts, changed_places(before.evidence, evidence)))
