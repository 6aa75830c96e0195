"""Packets that clouds are known to drop, whatever the rules on their machines are.

- Port 25: most clouds drop packets that a new customer's machine sends to this port.
- The metadata service of AWS answers a request for a token with a hop limit of 1 (IMDSv2): the answer reaches the
machine, but no container behind a bridge.

Source: docs.aws.amazon.com ec2-port-25-throttle; cloud.google.com/compute/docs/tutorials/sending-mail;
learn.microsoft.com troubleshoot-outbound-smtp-connectivity; AWS EC2 User Guide "http-put-response-hop-limit"
"""

from hairpin.message import message
from hairpin.netfilter.packet import TCP
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, is_private
from hairpin.walk.granted.capture import filter_of
from hairpin.walk.size.segment_size import Handshake
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import watch_packets

_SMTP = 25
_CLOSED = frozenset(
    {"aws", "azure", "gcp", "aliyun", "tencent", "huawei", "oracle", "digitalocean", "hetzner", "vultr", "linode",
     "scaleway", "upcloud", "exoscale", "ibm"}
)  # fmt: skip
"""The clouds that close port 25 towards the Internet unless a customer asks them to open it."""
_METADATA = 0xA9FEA9FE
"""169.254.169.254, the address of the metadata service."""
_LIMITING = ("aws", None)
"""The clouds whose metadata service may answer with a hop limit of 1.  None: no reading tells the cloud."""


def cloud_carries(network: Network, handshake: Handshake, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether the cloud carries the request that left, or its answer; none if the cloud is not
    known to refuse such packets."""
    packet, cloud = left.packet, network.host(left.netns.host).cloud
    if handshake.far is None or left.carried is not None or packet.protocol != TCP:
        return ()
    facts = {"cloud": cloud, "link": left.oif, "address": address_text(packet.daddr, packet.version)}
    watched = (watch_packets(left.oif, filter_of(packet)),)
    if packet.dport == _SMTP and cloud in _CLOSED and not is_private(packet.daddr, packet.version):
        question = OpenQuestion(
            text=message(
                "Does {cloud} let this machine send to port 25 of the Internet? {cloud} allows this only on request",
                **facts,
            ),
            if_yes=message("The verdict above stands"),
            if_no=message(
                "The packets are lost behind this host. Ask {cloud} to open port 25, or send mail through a relay at "
                "port 465 or 587",
                **facts,
            ),
            wanted=watched,
            breaks_if="no",
        )
        return (question,)
    forwarded = not handshake.started.netns.is_host
    if (packet.version, packet.daddr) == (4, _METADATA) and cloud in _LIMITING and forwarded:
        question = OpenQuestion(
            text=message("Is the hop limit (TTL) of the metadata service's answers at least 2?"),
            if_yes=message("The verdict above stands"),
            if_no=message(
                "This host gets the answers, and may not forward them to the container. On EC2 this is the answer with "
                "the token (IMDSv2), and `aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2` "
                "raises the limit"
            ),
            wanted=watched,
            breaks_if="no",
        )
        return (question,)
    return ()
