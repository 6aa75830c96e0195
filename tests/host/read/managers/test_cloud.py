"""Clouds by what their firmware calls itself."""

import pytest

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.evidence.redact import redact
from hairpin.host.read.managers.cloud import SIGNS, of_dmi

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


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_of_dmi(text: str, expected: str | None) -> None:
    assert of_dmi(text) == expected


@pytest.mark.parametrize("sign", SIGNS, ids=str)
def test_a_redacted_snapshot_tells_the_same_cloud(sign: tuple[str, str, str]) -> None:
    cloud, key, words = sign
    reading = Reading("e1", "dmi", "", "x", "t", 0, "text", f"{key}:{words}\n")
    (redacted,) = redact(Evidence(SCHEMA, "0", "", "h", "6", (reading,)), b"k").readings
    assert of_dmi(reading.text) == of_dmi(redacted.text) == cloud
