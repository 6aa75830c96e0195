"""The forms in which match options have their values.  Each form is a pair of a reader and a writer.  A reader raises
ValueError for words that it does not know.  A writer returns the words, or the reason why no words can express the
value.

Source: iptables-extensions(8); iptables libxtables/xtoptions.c; net/netfilter/xt_*.c as named at each form
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from hairpin.errors import MalformedError
from hairpin.message import Message, message
from hairpin.netfilter.interface_name import literal_name
from hairpin.netfilter.ir import FULL_MASK, Ranges
from hairpin.netfilter.protocols import BUILT_IN, icmp_ranges, protocol_number
from hairpin.netfilter.rule_address import (
    IpFamily,
    MaskedAddress,
    full_mask,
    prefix_of_range,
    read_address,
    read_mac,
    read_prefix,
    write_address,
    write_mac,
    write_prefix,
)

TCP_FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ALL": 63, "NONE": 0}
MAX_PORTS = 15
"""The greatest number of ports that ``-m multiport`` accepts; a range counts twice (XT_MULTI_PORTS)."""
ONE_VALUE = message("iptables takes a single value here")
ONE_RANGE = message("iptables takes a single range here")


class Value(NamedTuple):
    """The value of a comparison: ``field & mask`` lies inside one of the ranges."""

    ranges: Ranges
    mask: int = FULL_MASK

    @property
    def single(self) -> int | None:
        """The comparison's only value, with any mask; None if the comparison has several values or no value."""
        return self.ranges[0][0] if len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1] else None

    @property
    def plain(self) -> int | None:
        """The comparison's only value, if the whole field is compared; otherwise None."""
        return self.single if self.mask == FULL_MASK else None

    @property
    def span(self) -> tuple[int, int] | None:
        """The comparison's only range, if the whole field is compared; otherwise None."""
        return self.ranges[0] if len(self.ranges) == 1 and self.mask == FULL_MASK else None


Written = str | Message | None
"""The words after an option; or, if no words can express the value, the reason (None if no reason is needed)."""


class Form(msgspec.Struct, frozen=True, gc=False):
    """The reader and the writer of a form.  ``words`` is the number of words that follow the option."""

    read: Callable[[str, IpFamily], Value]
    write: Callable[[Value, IpFamily], Written]
    words: int = 1


def exactly(value: int, mask: int = FULL_MASK) -> Value:
    """Return the comparison with one value."""
    return Value(((value, value),), mask)


def of_value(read: Callable[[str], int], write: Callable[[int], Written]) -> Form:
    """Return the form of a single number, made of a reader and a writer of the number."""

    def write_value(value: Value, _: IpFamily) -> Written:
        return ONE_VALUE if value.plain is None else write(value.plain)

    return Form(lambda text, _: exactly(read(text)), write_value)


def of_range(read: Callable[[str], Ranges], write: Callable[[int, int], Written]) -> Form:
    """Return the form of a single range, made of a reader and a writer of the range."""

    def write_range(value: Value, _: IpFamily) -> Written:
        return ONE_RANGE if value.span is None else write(*value.span)

    return Form(lambda text, _: Value(read(text)), write_range)


# --- numbers ---------------------------------------------------------------------------------------------------------


def number(text: str) -> int:
    """Return a number that is written as in C: decimal, ``0x…``, or octal with a leading zero (strtoul)."""
    value = int(text, 8) if text.startswith("0") and text.isdigit() and len(text) > 1 else int(text, 0)
    if value < 0:
        raise MalformedError(message("{text} is negative", text=text))
    return value


def bounds(text: str, separator: str, maximum: int) -> tuple[int, int]:
    """Return ``FIRST:LAST``, ``FIRST:``, ``:LAST`` or a single value as an inclusive range; no end may exceed
    ``maximum``."""
    first, divided, last = text.partition(separator)
    if separator == "-" and not (first and (last or not divided)):
        raise MalformedError(message("{text} is not a range", text=text))
    lowest = number(first) if first else 0
    highest = lowest if not divided else number(last) if last else maximum
    if max(lowest, highest) > maximum:
        raise MalformedError(message("{text} is above {maximum}", text=text, maximum=maximum))
    return lowest, highest


def span_text(ends: tuple[int, int], separator: str = ":") -> str:
    """Return the text of a range: ``80`` for a single number, else ``80:90``."""
    first, last = ends
    return str(first) if first == last else f"{first}{separator}{last}"


def masked(text: str, full: int) -> tuple[int, int]:
    """Return value and mask of ``VALUE[/MASK]``; the mask is FULL_MASK if it has every bit of ``full``."""
    value, slash, mask = text.partition("/")
    if number(value) > full:
        raise MalformedError(message("{text} is above {maximum}", text=value, maximum=f"{full:#x}"))
    return number(value), mask_of(number(mask), full) if slash else FULL_MASK


def mask_of(mask: int, full: int) -> int:
    """Return FULL_MASK if the mask has every bit of ``full``, else the mask."""
    return FULL_MASK if mask & full == full else mask


def span(maximum: int, separator: str = ":") -> Form:
    """Return the form of a range: ``80``, ``80:90``, ``:90`` or ``80:``; both ends are included."""
    return of_range(
        lambda text: (bounds(text, separator, maximum),), lambda first, last: span_text((first, last), separator)
    )


def one_number(maximum: int, *, digits: int = 0) -> Form:
    """Return the form of one number: ``64``, or ``0x2e`` with ``digits`` 4.  The form also reads a range."""
    written = of_value(number, lambda value: f"{value:#0{digits}x}" if digits else str(value))
    return Form(span(maximum).read, written.write)


def _below(value: Value, _: IpFamily) -> Written:
    first, last = value.span or (0, 0xFF)
    return "0" if not value.ranges else str(last + 1) if first == 0 and last != 0xFF else None


def _above(value: Value, _: IpFamily) -> Written:
    first, last = value.span or (0, 0xFF)
    return str(first - 1) if last == 0xFF and first != 0 else None


BELOW = Form(lambda text, _: Value(((0, number(text) - 1),) if number(text) else ()), _below)
ABOVE = Form(lambda text, _: Value(((number(text) + 1, 0xFF),) if number(text) < 0xFF else ()), _above)
"""The forms BELOW and ABOVE: all values of a byte below the number, or above the number."""


def _masked_text(value: Value, _: IpFamily) -> Written:
    if value.single is None:
        return ONE_VALUE
    return f"{value.single:#x}" if value.mask == FULL_MASK else f"{value.single:#x}/{value.mask:#x}"


MASKED = Form(lambda text, _: exactly(*masked(text, 0xFFFFFFFF)), _masked_text)
"""The form of a number with or without a mask, ``0x1`` or ``0x1/0xff``: xt_mark.c, xt_connmark.c compare
``(mark & mask) == value``."""


GROUP = Form(lambda text, family: MASKED.read("0x0" if text == "default" else text, family), _masked_text)
"""The form of an interface group: iptables lists group 0 by its name in /etc/iproute2/group."""


def _ports_text(value: Value, _: IpFamily) -> Written:
    if value.mask != FULL_MASK:
        return None
    if not value.ranges or sum(1 + (first != last) for first, last in value.ranges) > MAX_PORTS:
        return message("-m multiport takes 1 to {maximum}", maximum=MAX_PORTS)
    return ",".join(map(span_text, value.ranges))


PORTS = Form(lambda text, _: Value(tuple(bounds(part, ":", 0xFFFF) for part in text.split(","))), _ports_text)
"""The form of a list of ports and ranges, ``53,80:90``; one of them must contain the packet's port: xt_multiport.c."""

# --- names of numbers ------------------------------------------------------------------------------------------------


def constant(value: int, mask: int = FULL_MASK) -> Form:
    """Return the form of an option that takes no words, because the option's name is the whole comparison."""
    only = exactly(value, mask)
    return Form(lambda _, __: only, lambda value, _: "" if value == only else None, words=0)


def symbol(names: dict[str, int], *, capitals: bool = False, numbers: bool = False) -> Form:
    """Return the form of one name out of ``names``.  With ``capitals``, the names are in capitals.  With ``numbers``,
    the form also reads numbers."""

    def read(text: str) -> int:
        value = names.get(text.upper() if capitals else text)
        if value is None and not numbers:
            raise ValueError(text)
        return number(text) if value is None else value

    return of_value(read, lambda value: next((name for name, number in names.items() if number == value), None))


def bits_of(names: str, values: dict[str, int]) -> int:
    """Return a comma-separated list of flags as one number."""
    bits = 0
    for name in names.split(","):
        if name not in values:
            raise ValueError(name)
        bits |= values[name]
    return bits


def any_flag(names: dict[str, int]) -> Form:
    """Return the form of a list of flags such as ``SEEN_REPLY,ASSURED``; the flag ``NONE`` has no bit.  The option is
    satisfied if any of the flags is set.  The form's comparison is the opposite of the option: all these bits are 0."""

    def write(value: Value, _: IpFamily) -> Written:
        if value.ranges != ((0, 0),) or value.mask & ~sum(names.values()):
            return None
        return ",".join(name for name, bit in names.items() if bit & value.mask) or "NONE"

    return Form(lambda text, _: exactly(0, bits_of(text, names)), write)


def one_flag(names: dict[str, int]) -> Form:
    """Return the form of a list of flags such as ``NEW,ESTABLISHED``.  The field has exactly one of the flags' bits."""

    ranges = [(bit, bit) for bit in sorted(names.values())]

    def read(text: str, _: IpFamily) -> Value:
        bits = bits_of(text, names)
        return Value(tuple(each for each in ranges if bits & each[0]))

    def write(value: Value, _: IpFamily) -> Written:
        if value.mask != FULL_MASK or not set(ranges).issuperset(value.ranges):
            return None
        found = ",".join(name for name, bit in names.items() if (bit, bit) in value.ranges)
        return found or message("the match names no state")

    return Form(read, write)


def _read_tcp_flags(text: str, _: IpFamily) -> Value:
    mask, wanted = (bits_of(word, TCP_FLAGS) for word in text.split())
    return exactly(wanted, mask)


def _tcp_flags_text(value: Value, _: IpFamily) -> Written:
    if value.single is None:
        return ONE_VALUE
    mask = value.mask if value.mask != FULL_MASK else TCP_FLAGS["ALL"]
    return f"{_flag_names(mask)} {_flag_names(value.single)}"


def _flag_names(bits: int) -> str:
    names = [name for name, bit in TCP_FLAGS.items() if bit & bits and bit & (bit - 1) == 0]
    return ",".join(names) or "NONE"


FLAGS_OF_TCP = Form(_read_tcp_flags, _tcp_flags_text, words=2)
"""The form of two lists of flags, mask and wanted flags, ``SYN,ACK,FIN SYN``: xt_tcpudp.c compares
``(flags & mask) == wanted``."""


def icmp_type(names: dict[str, tuple[int, int | None]]) -> Form:
    """Return the form of an ICMP type: ``8``, ``3/4``, ``any`` or a name; its value is ``type << 8 | code``."""

    def write(first: int, last: int) -> Written:
        if (first, last) == (0, 0xFFFF):
            return "any"
        if (first & 0xFF, last) == (0, first | 0xFF):
            return str(first >> 8)
        if first != last:
            return message("iptables takes one ICMP type here, with one code or all codes")
        return f"{first >> 8}/{first & 0xFF}"

    return of_range(lambda text: icmp_ranges(text, names), write)


def _read_protocol(text: str) -> int:
    value = protocol_number(text)
    if value is None:
        raise ValueError(text)
    return value


PROTOCOL = of_value(_read_protocol, str)
"""The form of a protocol's name or number: ``tcp``, ``47``."""
NAMED_PROTOCOL = of_value(_read_protocol, lambda value: BUILT_IN.get(value, str(value)) if value else None)
"""The form of the value of ``-p``.  The form writes the names that iptables knows itself.  The form never writes 0,
because 0 means any protocol."""

# --- addresses and interfaces ----------------------------------------------------------------------------------------


def network(*, bare: bool = False) -> Form:
    """Return the form of a prefix: ``10.0.0.0/8``, ``10.0.0.1/255.0.0.255``.  With ``bare``, the form writes a single
    address without prefix length."""

    def read(text: str, family: IpFamily) -> Value:
        prefix = read_prefix(text, family)
        return Value(((prefix.address, prefix.last),)) if prefix.contiguous else exactly(prefix.address, prefix.mask)

    def write(value: Value, family: IpFamily) -> Written:
        full = full_mask(family)
        prefix = prefix_of_range(*value.ranges[0], family) if len(value.ranges) == 1 else None
        if value.mask & full != full:
            if value.single is None:
                return ONE_VALUE
            prefix = MaskedAddress(value.single, value.mask & full, family) if value.single & ~value.mask == 0 else None
        if prefix is None:
            return message("iptables takes one prefix here")
        return write_address(prefix.address, family) if bare and prefix.mask == full else write_prefix(prefix)

    return Form(read, write)


def _read_ends(text: str, family: IpFamily) -> Value:
    first, _, last = text.partition("-")
    return Value(((read_address(first, family), read_address(last or first, family)),))


def _ends_text(value: Value, family: IpFamily) -> Written:
    full = full_mask(family)
    if value.mask & full != full:
        return ONE_VALUE if value.single is None else None
    if len(value.ranges) != 1:
        return message("iptables takes one prefix or one range of addresses here")
    return "-".join(write_address(end, family) for end in value.ranges[0])


ADDRESSES = Form(_read_ends, _ends_text)
"""The form of a range of addresses, ``10.0.0.1-10.0.0.9``; both ends are included: xt_iprange.c."""
HARDWARE_ADDRESS = of_value(read_mac, write_mac)


def read_interface(text: str) -> str:
    """Return the IR's form of an interface name: iptables' ``+`` is ``*``, and a ``*`` in the name is ``\\*``."""
    return text[:-1] + "*" if text.endswith("+") else literal_name(text)


def write_interface(name: str) -> str:
    """Return iptables' form of an interface pattern of the IR."""
    if name.endswith("\\*"):
        return name[:-2] + "*"
    return name[:-1] + "+" if name.endswith("*") else name
