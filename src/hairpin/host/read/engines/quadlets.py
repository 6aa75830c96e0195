"""Quadlets, and what systemd tells of their units: one document on each line.  ``Publish`` has the values of
``PublishPort=``, or those of ``-p`` in the command (``Runs``) of a unit that a person wrote.  ``Install`` and
``WantedBy`` have words with blanks between them.

Source: podman-systemd.unit(5)"""

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.quadlet import Quadlet
from hairpin.host.read.engines.idle import option_bindings
from hairpin.host.read.json_text import decode_documents


class _Quadlet(msgspec.Struct, rename="pascal"):
    file: str
    unit: str
    name: str
    user: str = ""
    publish: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    changed: int = 0
    install: str = ""
    state: str = ""
    sub: str = ""
    status: int = 0
    reload: bool = False
    wanted_by: str = ""
    said: str = ""
    runs: str = ""


_QUADLET = msgspec.json.Decoder(_Quadlet)


def quadlets(reading: Reading) -> tuple[Quadlet, ...]:
    """Return the Quadlets in the order of the reading; raise ParseError."""
    try:
        return tuple(
            Quadlet(
                file=each.file,
                unit=each.unit,
                name=each.name,
                user=each.user,
                ports=tuple(binding for text in each.publish for binding in option_bindings(text)),
                networks=each.networks,
                changed_s=each.changed,
                install=tuple(each.install.split()),
                state=each.state,
                sub=each.sub,
                exit_code=each.status,
                needs_reload=each.reload,
                wanted_by=tuple(dict.fromkeys(each.wanted_by.split())),
                said=each.said.strip(),
                runs=each.runs,
                evidence=reading.id,
            )
            for each in decode_documents(_QUADLET, reading.text, source=reading.origin)
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None
