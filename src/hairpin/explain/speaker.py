"""Who printed a line, as far as its prefix tells: a container, or a program on a host of some name."""

import re

import msgspec

_TIME = r"(?:<\d{1,3}>(?:1 )?)?(?:\[[^\]]*\] )?(?:[A-Za-z]{3} )?"
_MOMENT = (
    r"(?:[A-Za-z]{3} [ \d]\d [\d:.]{8,}(?: \d{4})?|\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,]+(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
    r"|1\d{9}\.\d{3,9})"
)
_COMPOSED = re.compile(rf"(?:{_TIME}{_MOMENT} )?(?P<container>[\w.-]+) +\| ")
_LOGGED = re.compile(rf"(?:{_TIME}{_MOMENT} )?(?P<host>[\w.-]+) (?P<program>[\w./@:-]+)\[\d+\]: ")
_SYSLOG = re.compile(
    rf"{_TIME}(?:[A-Za-z]{{3}} [ \d]\d [\d:.]{{8,}}|{_MOMENT}(?= [\w.-]+ kernel: )) "
    r"(?P<host>[\w.-]+) (?P<program>[\w./@-]+): "
)
_RFC5424 = re.compile(rf"<\d{{1,3}}>1 {_MOMENT} (?P<host>[\w.-]+) (?P<program>[\w./-]+) [\d-]+ \S+ ")
_BARE = re.compile(r"(?P<program>[\w./@-]+)\[\d+\]: ")
_FORMS = (_COMPOSED, _LOGGED, _RFC5424, _SYSLOG, _BARE)


class Speaker(msgspec.Struct, frozen=True):
    """Who printed a line; empty where the line does not tell.  ``host``: the name of the machine, or of the container
    that has a host name of its own.  ``container``: as ``docker compose logs`` or a log driver names it."""

    host: str = ""
    program: str = ""
    container: str = ""


NOBODY = Speaker()
"""The line does not say who printed it."""


def speaker_of(text: str) -> Speaker:
    """Return who printed the line.  ``text``: as ``line.readable`` returns it, decoded."""
    head = text.lstrip()[:300]
    for form in _FORMS:
        found = form.match(head)
        if found is not None:
            return Speaker(**found.groupdict())
    return NOBODY
