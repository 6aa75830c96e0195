"""What clouds refuse to their machines is asked about, and only there."""

import msgspec

from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import egress, network

METADATA = msgspec.structs.replace(egress(), daddr=parse_address("169.254.169.254")[1], dport=80)
MAIL = msgspec.structs.replace(egress(), dport=25)
OFFICE = msgspec.structs.replace(MAIL, daddr=parse_address("10.9.0.25")[1])


def in_cloud(cloud: str | None) -> Network:
    whole = network()
    return whole.with_host(msgspec.structs.replace(whole.this, cloud=cloud))


CASES: dict[str, tuple[str | None, Flow, str]] = {
    "mail from a cloud": ("hetzner", MAIL, "port 25"),
    "mail from a machine in no known cloud": (None, MAIL, ""),
    "mail from a private cloud": ("openstack", MAIL, ""),
    "mail to the office": ("aws", OFFICE, ""),
    "submission": ("aws", msgspec.structs.replace(MAIL, dport=587), ""),
    "metadata, from a container": ("aws", METADATA, "hop limit"),
    "metadata, in a cloud that no reading names": (None, METADATA, "hop limit"),
    "metadata, from the host": ("aws", msgspec.structs.replace(METADATA, start=FromHost()), ""),
    "metadata of another cloud": ("gcp", METADATA, ""),
}


@each_row(("cloud", "flow", "said"), CASES.values(), ids=CASES)
def test_what_a_cloud_refuses(cloud: str | None, flow: Flow, said: str) -> None:
    trace = walk_flow(in_cloud(cloud), flow)
    assert trace.verdict == "leaves"
    texts = [str(each.text) for each in trace.questions]
    assert len(texts) == bool(said)
    assert all(said in each for each in texts)
