from hairpin.evidence.reading import text_reading
from hairpin.host.managers import FilterLine, Unit
from hairpin.host.read.managers.unit_filters import with_filters
from hairpin.netfilter.address import Prefix
from tests.rows import each_row

ALL = (Prefix(4, 0, 0),)
HARDENING = "/etc/systemd/system/wiki.service.d/hardening.conf"
QUADLET = "/etc/containers/systemd/wiki.container"
GENERATED = "/run/systemd/generator/wiki.service"
CASES: dict[str, tuple[str, str, tuple[FilterLine, ...]]] = {
    "a drop-in": (
        f"{HARDENING}:2:IPAddressDeny=any\n{HARDENING}:3:IPAddressAllow=localhost\n", "wiki.service",
        (FilterLine(HARDENING, 2, "IPAddressDeny=any", "e7", 1),
         FilterLine(HARDENING, 3, "IPAddressAllow=localhost", "e7", 2)),
    ),
    "the unit itself": (
        "/etc/systemd/system/web.service:9: IPAddressDeny=any\n", "web.service",
        (FilterLine("/etc/systemd/system/web.service", 9, "IPAddressDeny=any", "e7", 1),),
    ),
    "a quadlet, and the unit made of it": (
        f"{GENERATED}:31:IPAddressDeny=any\n{QUADLET}:9:IPAddressDeny=any\n", "wiki.service",
        (FilterLine(QUADLET, 9, "IPAddressDeny=any", "e7", 2),),
    ),
    "a drop-in of the template": (
        "/etc/systemd/system/user@.service.d/x.conf:2:IPAddressDeny=any\n", "user@1000.service",
        (FilterLine("/etc/systemd/system/user@.service.d/x.conf", 2, "IPAddressDeny=any", "e7", 1),),
    ),
    "a drop-in for the beginning of its name": (
        "/etc/systemd/system/user-.slice.d/x.conf:2:IPAddressDeny=any\n", "user-1000.slice",
        (FilterLine("/etc/systemd/system/user-.slice.d/x.conf", 2, "IPAddressDeny=any", "e7", 1),),
    ),
    "another unit's": (f"{HARDENING}:2:IPAddressDeny=any\n", "web.service", ()),
}  # fmt: skip


@each_row(("text", "name", "lines"), CASES.values(), ids=CASES)
def test_lines_of_a_unit(text: str, name: str, lines: tuple[FilterLine, ...]) -> None:
    (found,) = with_filters((Unit(name, "active", "enabled", denies=ALL),), text_reading(text, "", "e7"))
    assert found.filters == lines


def test_a_unit_without_a_filter_is_left_alone() -> None:
    unit = Unit("wiki.service", "active", "enabled")
    assert with_filters((unit,), text_reading(f"{HARDENING}:2:IPAddressAllow=any\n", "", "e7")) == (unit,)
