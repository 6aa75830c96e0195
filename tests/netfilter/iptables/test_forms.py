from hairpin.message import Message
from hairpin.netfilter.iptables.forms import (
    ABOVE,
    ADDRESSES,
    BELOW,
    FLAGS_OF_TCP,
    HARDWARE_ADDRESS,
    MASKED,
    NAMED_PROTOCOL,
    PORTS,
    PROTOCOL,
    Form,
    Value,
    any_flag,
    bounds,
    constant,
    exactly,
    icmp_type,
    mask_of,
    masked,
    network,
    number,
    one_flag,
    one_number,
    read_interface,
    span,
    symbol,
    write_interface,
)
from hairpin.netfilter.ir import FULL_MASK
from hairpin.netfilter.protocols import ICMP_TYPES
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row

COLOURS = {"RED": 1, "ROUGE": 1, "BLUE": 2, "GREEN": 4}
FLAGS = {"RED": 1, "BLUE": 2, "GREEN": 4}

CANONICAL: dict[str, tuple[Form, Value]] = {
    "80:90": (span(0xFFFF), Value(((80, 90),))),
    "0-5": (span(9, "-"), Value(((0, 5),))),
    "64": (one_number(255), exactly(64)),
    "0x2e": (one_number(63, digits=4), exactly(46)),
    "5": (BELOW, Value(((0, 4),))),
    "0": (BELOW, Value(())),
    "254": (ABOVE, exactly(255)),
    "0x1": (MASKED, exactly(1)),
    "0x1/0xff": (MASKED, exactly(1, 255)),
    "53,80:90": (PORTS, Value(((53, 53), (80, 90)))),
    "": (constant(2, 23), exactly(2, 23)),
    "RED": (symbol(COLOURS), exactly(1)),
    "BLUE,GREEN": (any_flag(FLAGS), exactly(0, 6)),
    "GREEN": (one_flag(FLAGS), exactly(4)),
    "SYN,ACK SYN": (FLAGS_OF_TCP, exactly(2, 18)),
    "3/4": (icmp_type(ICMP_TYPES), exactly(0x304)),
    "8": (icmp_type(ICMP_TYPES), Value(((0x800, 0x8FF),))),
    "any": (icmp_type(ICMP_TYPES), Value(((0, 0xFFFF),))),
    "47": (PROTOCOL, exactly(47)),
    "udp": (NAMED_PROTOCOL, exactly(17)),
    "10.0.0.0/8": (network(), Value(((0x0A000000, 0x0AFFFFFF),))),
    "10.0.0.1": (network(bare=True), exactly(0x0A000001)),
    "10.0.0.1/255.0.0.255": (network(), exactly(0x0A000001, 0xFF0000FF)),
    "10.0.0.1-10.0.0.3": (ADDRESSES, Value(((0x0A000001, 0x0A000003),))),
    "02:42:ac:11:00:02": (HARDWARE_ADDRESS, exactly(0x0242AC110002)),
}


@each_row(("text", "case"), CANONICAL.items())
def test_a_form_reads_what_it_writes(text: str, case: tuple[Form, Value]) -> None:
    form, value = case
    assert form.write(value, "ip") == text
    assert form.read(text, "ip") == value


READ: dict[str, tuple[Form, Value]] = {
    "rouge": (symbol(COLOURS, capitals=True), exactly(1)),
    "7": (symbol(COLOURS, numbers=True), exactly(7)),
    "1:2": (one_number(3), Value(((1, 2),))),
    "0x1/0xffffffff": (MASKED, exactly(1)),
    "ALL NONE": (FLAGS_OF_TCP, exactly(0, 63)),
    "ping": (icmp_type(ICMP_TYPES), Value(((0x800, 0x8FF),))),
    "10.0.0.1": (ADDRESSES, exactly(0x0A000001)),
}


@each_row(("text", "case"), READ.items())
def test_other_words_for_the_same_are_read(text: str, case: tuple[Form, Value]) -> None:
    form, value = case
    assert form.read(text, "ip") == value


REFUSED: dict[str, tuple[Form, Value, IpFamily]] = {
    "two ranges": (span(9), Value(((1, 1), (3, 3))), "ip"),
    "a masked number": (one_number(9), exactly(1, 3), "ip"),
    "a range in the middle": (BELOW, Value(((1, 5),)), "ip"),
    "everything": (ABOVE, Value(((0, 255),)), "ip"),
    "16 ports": (PORTS, Value(tuple((port, port) for port in range(16))), "ip"),
    "a number without a name": (symbol(COLOURS), exactly(3), "ip"),
    "a bit without a name": (any_flag(FLAGS), exactly(0, 8), "ip"),
    "no state": (one_flag(FLAGS), Value(()), "ip"),
    "a range of types": (icmp_type(ICMP_TYPES), Value(((0x300, 0x500),)), "ip"),
    "any protocol": (NAMED_PROTOCOL, exactly(0), "ip"),
    "no prefix": (network(), Value(((1, 3),)), "ip"),
    "host bits outside of the mask": (network(), exactly(0x0A000001, 0xFF000000), "ip"),
    "a masked range": (ADDRESSES, Value(((1, 3),), 7), "ip6"),
}


@each_row(("form", "value", "family"), REFUSED.values(), ids=REFUSED)
def test_a_form_has_no_words_for_other_values(form: Form, value: Value, family: IpFamily) -> None:
    written = form.write(value, family)
    assert written is None or isinstance(written, Message)


def test_numbers_are_c_numbers() -> None:
    assert (number("10"), number("0x10"), number("010"), number("0")) == (10, 16, 8, 0)
    assert bounds("5:", ":", 9) == (5, 9)
    assert bounds(":5", ":", 9) == (0, 5)
    assert masked("0x1/0xff", 0xFFFFFFFF) == (1, 0xFF)
    assert mask_of(0xFF, 0xFF) == FULL_MASK


def test_wildcard_of_interface_names() -> None:
    names = {"eth+": "eth*", "eth0": "eth0", "+": "*", "odd*": "odd\\*"}
    assert {text: read_interface(text) for text in names} == names
    assert {write_interface(name): name for name in names.values()} == names
