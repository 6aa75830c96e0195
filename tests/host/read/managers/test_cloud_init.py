"""Public addresses in the metadata of each cloud, in the form in which cloud-init keeps it."""

import json

import pytest

from hairpin.errors import ParseError
from hairpin.host.managers import CloudAddress
from hairpin.host.read.managers.cloud_init import addresses

PUBLIC, OTHER, PRIVATE, SECOND = 0xCB00710B, 0xCB00710C, 0x0A640304, 0x0A640305
BOTH = (CloudAddress(4, PUBLIC, PRIVATE),)
CARD = {
    "ipv4-associations": {"203.0.113.11": "10.100.3.4", "203.0.113.12": ["10.100.3.5"]},
    "local-ipv4s": ["10.100.3.4", "10.100.3.5"],
    "public-ipv4s": ["203.0.113.11", "203.0.113.12"],
}
AZURE = {"ipAddress": [{"privateIpAddress": "10.100.3.4", "publicIpAddress": "203.0.113.11"}]}

DOCUMENTS: dict[str, tuple[dict[str, object], tuple[CloudAddress, ...]]] = {
    "EC2": (
        {"meta_data": {"public-ipv4": "203.0.113.11", "local-ipv4": "10.100.3.4",
                       "network": {"interfaces": {"macs": {"06:74:8f:39:cd:a6": CARD}}}}},
        (*BOTH, CloudAddress(4, OTHER, SECOND)),
    ),
    "EC2, its first address alone": ({"meta_data": {"public-ipv4": "203.0.113.11", "local-ipv4": "10.100.3.4"}}, BOTH),
    "Azure": ({"meta_data": {"imds": {"network": {"interface": [{"ipv4": AZURE}]}}}}, BOTH),
    "Azure without a public address": (
        {"meta_data": {"imds": {"network": {"interface": [{"ipv4": {"ipAddress": [{"publicIpAddress": ""}]}}]}}}}, (),
    ),
    "OpenStack": ({"ec2_metadata": {"public-ipv4": "203.0.113.11", "local-ipv4": "10.100.3.4"}}, BOTH),
    "Aliyun": ({"meta_data": {"eipv4": "203.0.113.11", "private-ipv4": "10.100.3.4"}}, BOTH),
    "Scaleway": ({"meta_data": {"public_ip": {"address": "203.0.113.11"}, "private_ip": "10.100.3.4"}}, BOTH),
    "DigitalOcean": (
        {"meta_data": {"interfaces": {"public": [{"ipv4": {"ip_address": "203.0.113.11"}}]}}},
        (CloudAddress(4, PUBLIC, None),),
    ),
    "Google, which keeps none": ({"meta_data": {"instance-id": "1", "local-hostname": "a"}}, ()),
    "a name in place of an address": ({"meta_data": {"public-ipv4": "unavailable"}}, ()),
}  # fmt: skip


@pytest.mark.parametrize(("metadata", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_addresses_of_a_cloud(metadata: dict[str, object], expected: tuple[CloudAddress, ...]) -> None:
    assert addresses(json.dumps({"ds": metadata}), source="instance-data.json") == expected


def test_what_is_no_document_is_said() -> None:
    with pytest.raises(ParseError):
        addresses("{", source="instance-data.json")
