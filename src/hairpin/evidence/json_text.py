r"""Repairs the JSON that iproute2 prints for names with unusual characters.

A link may have any name without whitespace, ``/`` and ``:`` (net/core/dev.c dev_valid_name()), so a name may also
contain an escape character.  iproute2 writes such characters unchanged, and some versions write ``\'``.  A raw escape
character and ``\'`` are both invalid in JSON.
Source: iproute2 lib/json_writer.c jsonw_puts(); RFC 8259, section 7.
"""

import re

_DOCUMENTS = ("ip-", "bridge-", "tc-", "nft-", "docker-", "podman-", "swarm-")
_ODD = re.compile(r"""[\x00-\x08\x0b\x0c\x0e-\x1f]|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt']|)""")


def is_document(key: str, text: str) -> bool:
    """Return whether the text of a reading with this key is JSON, or should be JSON."""
    return key.startswith(_DOCUMENTS) and text.lstrip()[:1] in ("[", "{")


def mended(text: str) -> str:
    r"""Return the text as JSON: a raw control character becomes an escape such as ``\u001b``, a stray backslash is
    doubled, and ``\'`` becomes ``'``.

    A text that is already JSON is returned unchanged."""
    return _ODD.sub(_mended, text) if "\\" in text or not text.isprintable() else text


def _mended(found: re.Match[str]) -> str:
    match found[0]:
        case "\\":
            return "\\\\"
        case "\\'":
            return "'"
        case escape if escape.startswith("\\"):
            return escape
        case control:
            return f"\\u{ord(control):04x}"
