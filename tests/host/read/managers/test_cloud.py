"""Clouds by what their firmware calls itself."""

import json

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import SCHEMA, Evidence, Reading, text_reading
from hairpin.evidence.redact import redact
from hairpin.host.managers import CloudAddress
from hairpin.host.read.managers.cloud import SIGNS, addresses, hypervisor_of_dmi, of_dmi
from tests.rows import each_row

CASES: dict[str, tuple[str, str | None]] = {
    "azure": (
        ("sys_vendor:Microsoft Corporation\nproduct_name:Virtual Machine\n"
        "chassis_asset_tag:7783-7084-3265-9085-8269-3286-77\n"),
        "azure",
    ),
    "Hyper-V at home": (
        "sys_vendor:Microsoft Corporation\nproduct_name:Virtual Machine\nchassis_asset_tag:1234\n", None),
    "aws": ("sys_vendor:Amazon EC2\nproduct_name:t3.micro\n", "aws"),
    "gcp": ("sys_vendor:Google\nproduct_name:Google Compute Engine\n", "gcp"),
    "aliyun": ("sys_vendor:Alibaba Cloud\nproduct_name:Alibaba Cloud ECS\n", "aliyun"),
    "tencent": ("sys_vendor:Tencent Cloud\nproduct_name:CVM\n", "tencent"),
    "huawei, on OpenStack": ("product_name:OpenStack Nova\nchassis_asset_tag:HUAWEICLOUD\n", "huawei"),
    "openstack": ("sys_vendor:Red Hat\nproduct_name:OpenStack Compute\n", "openstack"),
    "oracle": ("sys_vendor:QEMU\nchassis_asset_tag:OracleCloud.com\n", "oracle"),
    "a machine": ("sys_vendor:Dell Inc.\nproduct_name:PowerEdge R640\nbios_vendor:Dell Inc.\n", None),
    "a virtual machine": ("sys_vendor:QEMU\nproduct_name:Standard PC (Q35 + ICH9, 2009)\n", None),
    "nothing": ("", None),
}  # fmt: skip


@each_row(("text", "expected"), CASES.values(), ids=CASES)
def test_of_dmi(text: str, expected: str | None) -> None:
    assert of_dmi(text) == expected


@each_row("sign", SIGNS, ids=str)
def test_a_redacted_snapshot_tells_the_same_cloud(sign: tuple[str, str, str]) -> None:
    cloud, key, words = sign
    reading = Reading("e1", "dmi", "", "x", "t", 0, "text", f"{key}:{words}\n")
    (redacted,) = redact(Evidence(SCHEMA, "0", "", "h", "6", (reading,)), b"k").readings
    assert of_dmi(reading.text) == of_dmi(redacted.text) == cloud


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


@each_row(("metadata", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_addresses_of_a_cloud(metadata: dict[str, object], expected: tuple[CloudAddress, ...]) -> None:
    assert addresses(text_reading(json.dumps({"ds": metadata}), "instance-data.json")) == expected


def test_what_is_no_document_is_said() -> None:
    with pytest.raises(ParseError):
        addresses(text_reading("{", "instance-data.json"))


@pytest.mark.parametrize(("text", "expected"), (
    ("sys_vendor:VMware, Inc.\nproduct_name:VMware Virtual Platform\n", "vmware"),
    ("sys_vendor:innotek GmbH\nproduct_name:VirtualBox\n",              "virtualbox"),
    ("sys_vendor:Microsoft Corporation\nproduct_name:Virtual Machine\n", "hyper-v"),
    ("sys_vendor:QEMU\nproduct_name:Standard PC (Q35 + ICH9, 2009)\n",   None),
))  # fmt: skip
def test_the_hypervisor_of_dmi(text: str, expected: str | None) -> None:
    assert hypervisor_of_dmi(text) == expected
