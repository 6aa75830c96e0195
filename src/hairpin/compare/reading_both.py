"""Both hosts out of their evidence: equal readings are parsed once, and equal chains of rules are one object."""

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.evidence.renewal import changed_places, renewed
from hairpin.host.host import Host
from hairpin.host.read.parse import of_readings, parsed
from hairpin.host.read.readings import Readings


def both_hosts(was: Evidence, now: Evidence) -> tuple[Host, Host]:
    """Return the earlier and the later host, the later one with the parts of the earlier that have not changed."""
    earlier = parsed(was)
    places = {(each.key, each.netns) for each in now.readings}
    gone = frozenset((each.key, each.netns) for each in was.readings) - places
    with_ids = renewed(was, now, gone)
    readings = Readings(with_ids, earlier.parts, changed_places(was, with_ids))
    later = of_readings(with_ids, readings).host
    return earlier.host, msgspec.structs.replace(later, name=now.name, snapshot_id=now.snapshot_id)
