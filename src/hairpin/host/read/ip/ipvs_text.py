"""Virtual services of IPVS from ``/proc/net/ip_vs``.

    service := "FWM" MARK SCHEDULER … | ("TCP" | "UDP" | "SCTP") ADDRESS ":" PORT SCHEDULER …
    server  := "->" ADDRESS ":" PORT FORWARD WEIGHT …

Numbers are hexadecimal, in their usual order; an IPv6 address stands in brackets.
Source: net/netfilter/ipvs/ip_vs_ctl.c ip_vs_info_seq_show()
"""

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.host.socket import VirtualService
from hairpin.netfilter.address import parse_address

_PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}


def services(text: str, *, source: str, evidence: str = "") -> tuple[VirtualService, ...]:
    """Return the services, each with the number of its servers of any weight; raise ParseError with the line."""
    found: list[VirtualService] = []
    for line_number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        try:
            if words[:1] == ["FWM"]:
                found.append(VirtualService(mark=int(words[1], 16), evidence=evidence))
            elif words and words[0] in _PROTOCOLS:
                address, _, port = words[1].rpartition(":")
                version, value = parse_address(address.strip("[]")) if "[" in address else (4, int(address, 16))
                service = VirtualService(None, _PROTOCOLS[words[0]], version, value, int(port, 16), evidence)
                found.append(service)
            elif words[:1] == ["->"] and len(words) > 3 and words[3].isdigit() and found:  # else the heading
                found[-1] = msgspec.structs.replace(found[-1], servers=found[-1].servers + (words[3] != "0"))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=source, line=line_number, text=line) from None
    return tuple(found)
