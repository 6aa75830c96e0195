"""``KEY=value`` files as shells and firewalld read them: ``ufw.conf``, ``/etc/default/ufw``, ``firewalld.conf``."""


def value_of(text: str, key: str) -> str | None:
    """Return the value of the key's last assignment, without quotes and without a trailing comment; None if the key is
    never assigned."""
    found: str | None = None
    for line in text.split("\n"):
        name, equals, value = line.strip().partition("=")
        if equals and name.strip() == key:
            found = _plain(value.strip())
    return found


def _plain(value: str) -> str:
    for quote in ('"', "'"):
        if value.startswith(quote):
            return value[1:].partition(quote)[0]
    return value.partition("#")[0].strip()
