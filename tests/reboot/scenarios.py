"""One scenario of each kind of lasting part: the lab's, on a host that has the manager in question.

The fault is written down wherever it would be on such a host, so that each boot brings it back: the lasting part alone
decides what the reboot leaves.
"""

from typing import Literal

import msgspec

from hairpin.lab.plan import LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario, named
from tests.reboot.parts import Part
from tests.reboot.userland import PODMAN

Machine = Literal["plain", "ufw", "firewalld", "podman"]
MANAGED: dict[Machine, tuple[str, ...]] = {
    "plain": (),
    "ufw": ("ufw --force enable",),
    # dockerd makes its zone when it starts beside firewalld.
    "firewalld": ("systemctl enable --now firewalld", "systemctl restart docker"),
    "podman": (
        f"mv {PODMAN[1]} {PODMAN[0]}",
        "systemctl enable podman-restart.service",
        "podman import /run/talk/image.tar localhost/hairpin-lab",
    ),
}
"""What makes a host one with this manager, or with this engine beside Docker."""


class Row(msgspec.Struct, frozen=True):
    """A scenario of the lab that shows one kind of lasting part.

    ``prepare``: what the administrator has done before.  ``fault``: in place of the lab's, so that it lasts.
    ``fleeting``: what of the fault no boot brings back.
    """

    part: Part
    scenario: str
    prepare: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    fleeting: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What breaks the host, but for what no boot brings back."""
        return self.fault or tuple(each.run for each in self.of().fault)

    def of(self) -> Scenario:
        """Return the lab's scenario."""
        return named(self.scenario)

    def flow(self) -> Flow:
        """Return the flow that the fault breaks."""
        return next(flow for flow in self.of().flows if flow.after is not Outcome.DELIVERED)


class Reboot(msgspec.Struct, frozen=True):
    """Scenarios that are broken and repaired one after another on one host, and then judged by one reboot: they have
    the same containers, and none touches what another has repaired.

    ``machine``: the manager of rules, or another engine.  ``loader``: the one unit that loads saved rules, if any.
    ``at_boot``: commands that the administrator's own unit runs at each boot, after dockerd's start.  ``restart``: the
    containers' restart policy.
    """

    rows: tuple[Row, ...]
    machine: Machine = "plain"
    loader: Literal["", "netfilter-persistent", "nftables"] = ""
    at_boot: tuple[str, ...] = ()
    restart: str = "always"

    @property
    def plan(self) -> LabPlan:
        """The host's containers, and dockerd's options."""
        return self.rows[0].of().lab


_MASQUERADE = "iptables -t nat -A POSTROUTING -s 172.17.0.0/16 -o eth0 -j MASQUERADE"
_OTHER_WAY_BACK = "ip route replace 192.0.2.0/24 via 198.18.0.1"
_POLICY = ("iptables -P FORWARD DROP", "echo 'iptables -P FORWARD DROP' >>/etc/lab/at-boot")
_CLOSED_TABLE = """cat >/etc/nftables.conf <<'END'
table inet own {
    chain forward {
        type filter hook forward priority filter; policy drop;
    }
}
END
nft -f /etc/nftables.conf"""
_SNAT_TABLE = """cat >>/etc/nftables.conf <<'END'
table ip other {
    chain postrouting {
        type nat hook postrouting priority 90; policy accept;
        ip saddr 172.17.0.0/16 ip daddr 192.0.2.0/24 snat to 203.0.113.99
    }
}
END
sed -n '/^table ip other/,$p' /etc/nftables.conf | nft -f -"""

REBOOTS: tuple[Reboot, ...] = (
    Reboot(
        (
            Row("restart policy", "container-not-running"),
            Row(
                "engine at boot",
                "docker-daemon-not-running",
                fault=("systemctl disable --now docker.service docker.socket",),
            ),
            Row("network connection", "container-network-none.disconnected"),
            Row(
                "sysctl file",
                "interface-forwarding-off.file",
                fault=("echo 'net.ipv4.conf.eth0.forwarding = 0' >/etc/sysctl.d/91-links.conf",),
                # At boot dockerd sets ip_forward after it, and that sets each interface's.
                fleeting=("sysctl -p /etc/sysctl.d/91-links.conf",),
            ),
            Row(
                "saved rule removed",
                "snat-rule-shadows-masquerade",
                fault=(
                    "iptables -t nat -I POSTROUTING -s 172.17.0.0/16 -o eth0 -j SNAT --to-source 203.0.113.99",
                    "netfilter-persistent save",
                ),
                # At boot dockerd puts its own rule before those that are loaded.
                fleeting=(
                    "iptables -t nat -D POSTROUTING -s 172.17.0.0/16 -o eth0 -j SNAT --to-source 203.0.113.99",
                    "iptables -t nat -I POSTROUTING -s 172.17.0.0/16 -o eth0 -j SNAT --to-source 203.0.113.99",
                ),
            ),
        ),
        loader="netfilter-persistent",
        restart="no",
    ),
    # Its fault saves the whole ruleset, and what the repair lets through is one port only.
    Reboot((Row("saved rule", "docker-user-drops.saved"),), loader="netfilter-persistent"),
    Reboot(
        (
            Row("nft rule removed", "snat-rule-shadows-masquerade", fault=(_SNAT_TABLE,)),
            Row(
                "sysctl file",
                "rp-filter-strict",
                fault=(
                    "echo 'net.ipv4.conf.eth0.rp_filter = 1' >/usr/lib/sysctl.d/60-vendor.conf",
                    "sysctl -p /usr/lib/sysctl.d/60-vendor.conf",
                ),
            ),
        ),
        loader="nftables",
        at_boot=(_OTHER_WAY_BACK,),
    ),
    # Its table stays closed for all but one port.
    Reboot((Row("nft rule", "nft-base-chain-drop-other-table", fault=(_CLOSED_TABLE,)),), loader="nftables"),
    Reboot(
        (
            Row(
                "module",
                "br-netfilter-off-hairpin",
                fault=(
                    "echo 'net.bridge.bridge-nf-call-iptables = 0' >/usr/lib/sysctl.d/60-bridge.conf",
                    "echo br_netfilter >/usr/lib/modules-load.d/bridge.conf",
                    "sysctl -p /usr/lib/sysctl.d/60-bridge.conf",
                ),
            ),
        )
    ),
    Reboot((Row("unit", "forward-policy-drop", fault=_POLICY),), at_boot=(_MASQUERADE,)),
    Reboot(
        (Row("unit", "podman-beside-docker-forward-drop", prepare=("iptables -P FORWARD ACCEPT",), fault=_POLICY),),
        machine="podman",
    ),
    Reboot(
        (
            Row("ufw allow", "input-drops-host-service.ufw", prepare=("ufw allow 7000/tcp",)),
            Row(
                "ufw rule file",
                "input-drops-host-service.ufw",
                prepare=("ufw allow 7000/tcp",),
                # After a flush no rule leads to ufw's chains, so that its own command is no repair.
                fault=("ufw delete allow 7000/tcp",),
                fleeting=("iptables -F INPUT",),
            ),
        ),
        machine="ufw",
        at_boot=(_OTHER_WAY_BACK,),
    ),
    Reboot(
        (
            Row(
                "firewalld interface",
                "firewalld-bridge-in-wrong-zone",
                fault=(
                    "firewall-cmd --permanent --zone=drop --change-interface=docker0",
                    "firewall-cmd --zone=drop --change-interface=docker0",
                ),
            ),
        ),
        machine="firewalld",
    ),
    Reboot(
        (
            Row(
                "firewalld port",
                "firewalld-zone-blocks-port",
                prepare=("firewall-cmd --permanent --add-port=80/tcp", "firewall-cmd --reload"),
                fault=("firewall-cmd --permanent --remove-port=80/tcp", "firewall-cmd --reload"),
            ),
        ),
        machine="firewalld",
    ),
    Reboot(
        (
            Row(
                "firewalld direct rule",
                "forward-policy-drop",
                # A dockerd that leaves rules alone puts its bridge into no zone.
                prepare=(
                    "firewall-cmd --permanent --zone=trusted --change-interface=docker0",
                    "firewall-cmd --zone=trusted --change-interface=docker0",
                ),
                fault=_POLICY,
            ),
        ),
        machine="firewalld",
        at_boot=(_MASQUERADE,),
    ),
)
ROWS: tuple[Row, ...] = tuple(row for reboot in REBOOTS for row in reboot.rows)
