"""The cloud that a host runs in, from the strings of its firmware (DMI).

Source: cloud-init tools/ds-identify; the providers' own guest agents.
"""

from typing import NamedTuple

AZURE_TAG = "7783-7084-3265-9085-8269-3286-77"


class _Sign(NamedTuple):
    cloud: str
    key: str
    words: str


# In this order: a cloud that is built on another's software has that one's name in some of its strings.
SIGNS = (
    _Sign("azure", "chassis_asset_tag", AZURE_TAG),
    _Sign("aws", "sys_vendor", "Amazon EC2"),
    _Sign("aws", "bios_vendor", "Amazon EC2"),
    _Sign("gcp", "product_name", "Google Compute Engine"),
    _Sign("gcp", "sys_vendor", "Google"),
    _Sign("aliyun", "sys_vendor", "Alibaba Cloud"),
    _Sign("aliyun", "product_name", "Alibaba Cloud"),
    _Sign("tencent", "sys_vendor", "Tencent Cloud"),
    _Sign("huawei", "chassis_asset_tag", "HUAWEICLOUD"),
    _Sign("huawei", "sys_vendor", "Huawei Cloud"),
    _Sign("oracle", "chassis_asset_tag", "OracleCloud.com"),
    _Sign("ibm", "chassis_asset_tag", "ibmcloud"),
    _Sign("digitalocean", "sys_vendor", "DigitalOcean"),
    _Sign("hetzner", "sys_vendor", "Hetzner"),
    _Sign("vultr", "sys_vendor", "Vultr"),
    _Sign("linode", "sys_vendor", "Linode"),
    _Sign("linode", "sys_vendor", "Akamai"),
    _Sign("scaleway", "sys_vendor", "Scaleway"),
    _Sign("upcloud", "sys_vendor", "UpCloud"),
    _Sign("exoscale", "product_name", "Exoscale"),
    _Sign("openstack", "product_name", "OpenStack"),
    _Sign("openstack", "chassis_asset_tag", "OpenStack"),
)


MAPPING = frozenset({"azure", "aws", "gcp", "aliyun", "tencent", "huawei", "oracle", "ibm", "openstack"})
"""Clouds whose gateway maps a public address 1:1 to a machine's private one, so that no interface has it."""


def of_dmi(text: str) -> str | None:
    """Return the cloud's name, or None; lines are ``sys_vendor:value``.

    Microsoft's vendor name alone is any Hyper-V guest: only the asset tag is Azure's.
    """
    pairs = (line.partition(":") for line in text.split("\n"))
    values = {key.strip(): value.strip().lower() for key, _, value in pairs}
    for sign in SIGNS:
        if values.get(sign.key, "").startswith(sign.words.lower()):
            return sign.cloud
    return None
