"""The values of the TOS byte, by their names in iproute2's ``rt_dsfield``."""

_NAMES = {
    "default": 0x00, "lowcost": 0x02, "reliability": 0x04, "throughput": 0x08, "lowdelay": 0x10, "EF": 0xB8,
    "AF11": 0x28, "AF12": 0x30, "AF13": 0x38, "AF21": 0x48, "AF22": 0x50, "AF23": 0x58,
    "AF31": 0x68, "AF32": 0x70, "AF33": 0x78, "AF41": 0x88, "AF42": 0x90, "AF43": 0x98,
    "CS1": 0x20, "CS2": 0x40, "CS3": 0x60, "CS4": 0x80, "CS5": 0xA0, "CS6": 0xC0, "CS7": 0xE0,
}  # fmt: skip


def tos(text: str | int) -> int:
    """Return the TOS byte for ``0x10``, ``16`` or a name; raise ValueError for an unknown name."""
    if isinstance(text, int):
        return text
    if text in _NAMES:
        return _NAMES[text]
    return int(text, 0)
