"""Services of IPVS, as Linux 6.1 prints them."""

from pathlib import Path

import pytest

from hairpin.errors import ParseError
from hairpin.host.read.ip.ipvs_text import services
from hairpin.host.socket import VirtualService
from hairpin.network.prefix import parse_address

TEXT = (Path(__file__).parents[3] / "fixtures" / "netfilter" / "ip_vs-6.1.txt").read_text("utf-8")
VIP, VIP6 = (parse_address(each)[1] for each in ("10.0.9.2", "2001:db8::5"))


def test_services() -> None:
    assert services(TEXT, source="/proc/net/ip_vs", evidence="e9") == (
        VirtualService(None, 6, 6, VIP6, 443, "e9", 1),
        VirtualService(None, 17, 4, VIP, 53, "e9"),
        VirtualService(None, 6, 4, VIP, 80, "e9", 1),
        VirtualService(256, evidence="e9", servers=2),
    )


@pytest.mark.parametrize("line", ("FWM  many rr", "TCP  0A000902 rr", "TCP"))
def test_damage_is_a_parse_error_with_its_line(line: str) -> None:
    with pytest.raises(ParseError, match="ip_vs:2"):
        services(f"\n{line}\n", source="ip_vs")
