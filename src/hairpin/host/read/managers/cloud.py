"""The cloud in which a host runs, from the strings of its firmware (DMI), and the public addresses that the cloud
assigned.

Source: cloud-init tools/ds-identify; the providers' own guest agents.

The public addresses of a host, from the metadata that cloud-init keeps on it (instance-data.json).

Source: cloud-init cloudinit/sources/: DataSourceEc2.py (and those made of it: AliYun, CloudStack, Exoscale, Hetzner,
TencentCloud), DataSourceAzure.py (``imds``), DataSourceOpenStack.py and DataSourceConfigDrive.py (``ec2_metadata``),
DataSourceScaleway.py, DataSourceDigitalOcean.py.  DataSourceGCE.py keeps no address.
"""

from collections.abc import Iterator
from typing import NamedTuple, cast

import msgspec

from hairpin.errors import MalformedError
from hairpin.evidence.reading import Reading
from hairpin.host.managers import CloudAddress
from hairpin.host.read.json_text import decode
from hairpin.netfilter.address import Version, parse_address

AZURE_TAG = "7783-7084-3265-9085-8269-3286-77"
MAPPING = frozenset({"azure", "aws", "gcp", "aliyun", "tencent", "huawei", "oracle", "ibm", "openstack"})
"""The clouds whose gateway maps a public address 1:1 to a machine's private address.  In such a cloud no interface of
the machine has the public address."""
_DOCUMENT = msgspec.json.Decoder(dict[str, object])
_EC2 = (("public-ipv4", "local-ipv4"), ("eipv4", "private-ipv4"))
"""The keys of a public address and of the private address to which it is mapped: first the keys of EC2, then the keys
of Aliyun."""


class _Sign(NamedTuple):
    cloud: str
    key: str
    words: str


# The order matters: a cloud that is built on OpenStack, for example, has the name OpenStack in some of its strings.
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


HYPERVISORS = (
    _Sign("vmware", "sys_vendor", "VMware"),
    _Sign("virtualbox", "product_name", "VirtualBox"),
    _Sign("hyper-v", "product_name", "Virtual Machine"),
)
"""Hypervisors whose switches drop frames from hardware addresses that they did not give to the machine."""


def of_dmi(text: str) -> str | None:
    """Return the cloud's name; None if no cloud is recognised.  ``text``: lines such as ``sys_vendor:value``.

    Every Hyper-V guest has Microsoft's vendor name; only the asset tag shows that the guest runs in Azure.
    """
    return _first_of(SIGNS, text)


def hypervisor_of_dmi(text: str) -> str | None:
    """Return the name of the hypervisor; None if it is not in HYPERVISORS, or if there is no hypervisor."""
    return _first_of(HYPERVISORS, text)


def _first_of(signs: tuple[_Sign, ...], text: str) -> str | None:
    pairs = (line.partition(":") for line in text.split("\n"))
    values = {key.strip(): value.strip().lower() for key, _, value in pairs}
    found = (each for each in signs if values.get(each.key, "").startswith(each.words.lower()))
    return next((each.cloud for each in found), None)


def addresses(reading: Reading) -> tuple[CloudAddress, ...]:
    """Return the public addresses that the metadata names, each once; raise ParseError if the text is not JSON."""
    metadata = decode(_DOCUMENT, reading.text, source=reading.origin).get("ds")
    pairs = (pair for public, private in _pairs(metadata) if (pair := _pair(public, private, reading.id)) is not None)
    found: dict[int, CloudAddress] = {}
    for each in pairs:
        if each.public not in found or found[each.public].private is None:
            found[each.public] = each
    return tuple(found.values())


def _pairs(metadata: object) -> Iterator[tuple[object, object]]:
    """Yield each public address with its private address; the most specific keys come first."""
    for card in _at(metadata, "meta_data", "network", "interfaces", "macs", "*"):
        for associations in _at(card, "ipv4-associations"):
            if isinstance(associations, dict):
                yield from cast("dict[str, object]", associations).items()
        for public in _at(card, "public-ipv4s"):
            yield public, next(_at(card, "local-ipv4s"), None)
    for card in _at(metadata, "meta_data", "imds", "network", "interface", "ipv4", "ipAddress"):
        for public in _at(card, "publicIpAddress"):
            yield public, next(_at(card, "privateIpAddress"), None)
    for place in ("meta_data", "ec2_metadata"):
        for public_key, private_key in _EC2:
            for public in _at(metadata, place, public_key):
                yield public, next(_at(metadata, place, private_key), None)
    for public in _at(metadata, "meta_data", "public_ip", "address"):
        yield public, next(_at(metadata, "meta_data", "private_ip"), None)
    for public in _at(metadata, "meta_data", "interfaces", "public", "ipv4", "ip_address"):
        yield public, None


def _at(value: object, *path: str) -> Iterator[object]:
    """Yield the values at the path; ``*`` matches any key, and every member of a list is searched."""
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _at(each, *path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        for key, below in cast("dict[str, object]", value).items():
            if path[0] in ("*", key):
                yield from _at(below, *path[1:])


def _pair(public: object, private: object, evidence: str) -> CloudAddress | None:
    outer = _address(public)
    if outer is None:
        return None
    inner = _address(next(_at(private), None))
    own = inner[1] if inner is not None and inner[0] == outer[0] else None
    return CloudAddress(outer[0], outer[1], own, evidence)


def _address(value: object) -> tuple[Version, int] | None:
    """Return the address; None if the value is no address."""
    try:
        return parse_address(value) if isinstance(value, str) else None
    except MalformedError:
        return None
