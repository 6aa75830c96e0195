"""Refreshes a host after some readings were made again: one namespace's rules, one sysctl, one namespace's links.

Only these readings are parsed, and no replaced reading stays.
"""

from hairpin.evidence.reading import Evidence
from hairpin.evidence.renewal import Place, changed_places, renewed
from hairpin.host.read.parse import ParsedHost, of_readings
from hairpin.host.read.readings import Readings


def refreshed(before: ParsedHost, newer: Evidence, gone: frozenset[Place] = frozenset()) -> ParsedHost:
    """Return the host with the readings of ``newer``, and without those that are ``gone`` (evidence/renewal.py).

    Law: the host equals the one that is parsed from the whole renewed evidence.  Unaffected parts are the same objects
    as before; so are unchanged chains of a ruleset that was read again.  Derived values that are kept on them
    (``hairpin.kept``), such as a long chain's index, therefore stay.
    """
    evidence = renewed(before.evidence, newer, gone)
    return of_readings(evidence, Readings(evidence, before.parts, changed_places(before.evidence, evidence)))
