"""A host of which some readings were made anew: one namespace's rules, one sysctl, one namespace's links.

Nothing else is parsed, and nothing of what has been replaced stays.
"""

from hairpin.evidence.reading import Evidence
from hairpin.evidence.renewal import Place, changed_places, renewed
from hairpin.host.read.parse import ParsedHost, of_readings
from hairpin.host.read.readings import Readings


def refreshed(before: ParsedHost, newer: Evidence, gone: frozenset[Place] = frozenset()) -> ParsedHost:
    """Return the host with the readings of ``newer``, and without those that are ``gone`` (evidence/renewal.py).

    Law: the host equals the one that is parsed from the whole renewed evidence.  Parts that the readings do not concern
    are the same objects as before; so are equal chains of a ruleset that was read again.  What values keep
    (``hairpin.kept``), such as the index of a long chain, therefore stays.
    """
    evidence = renewed(before.evidence, newer, gone)
    return of_readings(evidence, Readings(evidence, before.parts, changed_places(before.evidence, evidence)))
