"""Makes new names of the same shape for names of hosts, containers, networks and images, for hardware addresses and for
engine ids."""

import hashlib
import re
from string import ascii_lowercase, ascii_uppercase

_RESERVED = frozenset(
    (
        *(
            "bridge",
            "host",
            "none",
            "default",
            "private",
            "podman",
            "ingress",
            "docker_gwbridge",
            "docker0",
            "slirp4netns",
        ),
        *("pasta", "localhost", "local", "localdomain", "internal", "gateway", "all", "host-gateway", "_gateway"),
        *("ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters"),
    )
)
"""The names with a special meaning, which are never renamed and never used as new names."""

_ID = re.compile(r"[0-9a-f]{64}")
_ATTEMPTS = 64


class NameMap:
    """Renames words.  The same key gives the same new names.  The map keeps all new names.  Therefore no two words get
    the same name."""

    def __init__(self, key: bytes, short_ids: frozenset[str] = frozenset()) -> None:
        """``short_ids``: the engine ids, shortened to 12 digits.  Many containers have their short id as host name, but
        a short id is not renamed like a name."""
        self._short_ids = short_ids
        self._key = hashlib.blake2b(key, digest_size=32, person=b"hairpin-name").digest()
        self._given: dict[str, str] = {}
        self._taken: set[str] = set(_RESERVED)

    def name(self, name: str) -> str:
        """Return the new name.  Each label of the name is renamed separately: only its letters change, or its digits if
        it has no letters.  Ids stay."""
        return ".".join(self._label(label) for label in name.split("."))

    def host(self, name: str) -> str:
        """Return the new name of a host that a text names.

        In contrast to ``name``, this method does not add the name to ``given``.  So the same word stays in free text: a
        host may have a common word as its name, such as nginx."""
        labels = ((each, self._given.get(each)) for each in name.split("."))
        return ".".join(
            known or (_shaped(each, self._digest("host", each)) if each else each) for each, known in labels
        )

    def own(self, name: str) -> str:
        """Return the new name of a unit, a script or a package.

        The old name is not added to ``given``.  So the same word stays in free text: a unit may have a common word as
        its name, such as firewall."""
        return _shaped(name, self._digest("own", name))

    def image(self, image: str) -> str:
        """Return the new name of an image reference.  The reference's port, tag and digest stay."""
        path, at, digest = image.partition("@")
        head, slash, last = path.rpartition("/")
        last, colon, tag = last.partition(":")
        if not head and last == "sha256":
            return image
        parts = [part if part.isdigit() else self.name(part) for part in re.split(r"([/:])", head)]
        return f"{''.join(parts)}{slash}{self.name(last)}{colon}{tag}{at}{digest}"

    def id(self, text: str) -> str:
        """Return the new name of an engine id.

        Tools shorten an id to its first 12 digits.  Therefore the first 12 digits get the same new digits in the long
        id and in the short id."""
        head = self._digest("id", text[:12]).hex()[: min(12, len(text))]
        return head + self._digest("rest", text).hex()[: len(text) - len(head)]

    def machine(self, text: str) -> str:
        """Return the new name of a machine id (32 hexadecimal digits) or a boot id (a UUID)."""
        digits = self._digest("machine", text).hex()
        return "".join(mark if mark == "-" else digits[index] for index, mark in enumerate(text[: len(digits)]))

    def mac(self, octets: bytes) -> bytes:
        """Return the new hardware address.  Null, broadcast and multicast addresses are not renamed.  The local bit
        stays."""
        if len(octets) != 6 or octets == bytes(6) or octets[0] & 1:
            return octets
        fresh = self._digest("mac", octets.hex())[:6]
        return bytes([fresh[0] & 0xFC | octets[0] & 3]) + fresh[1:]

    def given(self) -> dict[str, str]:
        """Return every label that was renamed, with its new name."""
        return dict(self._given)

    def _label(self, label: str) -> str:
        if label in _RESERVED or not any(map(str.isalnum, label)):
            return label
        if label in self._short_ids or _ID.fullmatch(label):
            return label
        if label not in self._given:
            self._given[label] = self._fresh(label)
        return self._given[label]

    def _fresh(self, label: str) -> str:
        """Return a name of the same shape as the label that is not in use and differs from the label."""
        for attempt in range(_ATTEMPTS):
            fresh = _shaped(label, self._digest(f"name{attempt}", label))
            if fresh not in self._taken and fresh != label:
                break
        else:
            fresh = f"{label[0]}{self._digest('long', label).hex()[:10]}"
        self._taken.add(fresh)
        return fresh

    def _digest(self, purpose: str, text: str) -> bytes:
        data = f"{purpose}/{text}".encode("utf-8", "surrogateescape")
        return hashlib.blake2b(data, key=self._key, digest_size=64).digest()


def _shaped(label: str, stream: bytes) -> str:
    """Return ``label`` with its letters replaced by letters from ``stream``.

    If the label has no letters, its digits are replaced."""
    has_letters = any(character.isalpha() for character in label)
    shaped: list[str] = []
    for index, character in enumerate(label):
        byte = stream[index % len(stream)]
        if character.isupper():
            shaped.append(ascii_uppercase[byte % 26])
        elif character.isalpha():
            shaped.append(ascii_lowercase[byte % 26])
        elif character.isdigit() and not has_letters:
            shaped.append(str(byte % 10))
        else:
            shaped.append(character)
    return "".join(shaped)
