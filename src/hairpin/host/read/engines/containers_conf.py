"""The lines of Podman's files of settings, in the order in which Podman reads the files.

    line := path ":" number ":" table "." key "=" value

Source: containers.conf(5)
"""

import re

from hairpin.evidence.reading import Reading
from hairpin.host.boot.containers_conf import ConfLine

_LINE = re.compile(r"(?P<path>/[^:]*):(?P<number>\d+):(?P<key>[a-z_]+\.[a-z_]+)=(?P<value>.*)", re.ASCII)


def conf_lines(reading: Reading) -> tuple[ConfLine, ...]:
    """Return the lines in the order of the reading."""
    found = (_LINE.fullmatch(line) for line in reading.text.splitlines())
    return tuple(
        ConfLine(each["path"], int(each["number"]), each["key"], each["value"].strip(), reading.id)
        for each in found
        if each is not None
    )
