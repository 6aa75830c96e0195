"""systemd units from ``systemctl show``: blocks of ``Key=value`` lines, an empty line between units."""

from hairpin.host.managers import Unit


def parse(text: str, *, evidence: str = "") -> tuple[Unit, ...]:
    """Return the units that exist, in the order of the reading."""
    found: list[Unit] = []
    for block in text.replace("\r", "").split("\n\n"):
        pairs = (line.partition("=") for line in block.split("\n"))
        values = {key: value for key, equals, value in pairs if equals}
        if not values.get("Id") or values.get("LoadState") == "not-found":
            continue
        found.append(
            Unit(
                name=values["Id"],
                active=values.get("ActiveState", ""),
                enabled=values.get("UnitFileState", ""),
                after=tuple(values.get("After", "").split()),
                before=tuple(values.get("Before", "").split()),
                part_of=tuple(values.get("PartOf", "").split()),
                evidence=evidence,
            )
        )
    return tuple(found)
