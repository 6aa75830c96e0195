"""Texts of kubeadm, the kubelet and flannel about a node's network."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

KUBERNETES = (
    TextMeaning(
        id="coredns-loop", program="coredns",
        patterns=(
            'plugin/loop: Seen "*" more than twice, loop detected', "plugin/loop: Loop (*) detected for zone",
            'Seen "HINFO IN *" more than twice', "plugin/loop: Forwarding loop detected in",
        ),
        meaning=message(
            "CoreDNS forwards to itself: its pod got the node's /etc/resolv.conf, and that file names a loopback "
            "address (127.0.0.53 of systemd-resolved, 127.0.0.1 of dnsmasq). The kubelet's resolvConf "
            "(--resolv-conf) has to name a file with the real servers, such as /run/systemd/resolve/resolv.conf."
        ),
    ),
    TextMeaning(
        id="kubelet-resolv-conf-missing", program="kubelet",
        patterns=("open /run/systemd/resolve/resolv.conf: {no_file}", "open {path}resolv.conf: {no_file}"),
        meaning=message(
            "The resolv.conf that containers should get is missing on this host, so none is started. systemd-resolved "
            "makes the file in /run/systemd/resolve while it runs; resolvConf of the kubelet's configuration names "
            "the file."
        ),
    ),
    TextMeaning(
        id="flannel-not-ready", program="kubelet", other_causes=True,
        patterns=("open /run/flannel/subnet.env: {no_file}",),
        meaning=message(
            "flannel's pod on this node has not yet written the node's subnet, so other pods get no network. Either "
            "flannel's pod does not run, or it finds no podCIDR of its node, which has to be inside the Network of "
            "kube-flannel-cfg. `kubectl logs -n kube-flannel ds/kube-flannel-ds` says which."
        ),
        causes=("cni-plugin-missing",),
    ),
    TextMeaning(
        id="kubeadm-bridge-netfilter", program="kubeadm", other_causes=True,
        patterns=(
            "FileContent--proc-sys-net-bridge-bridge-nf-call-iptables",
            "/proc/sys/net/bridge/bridge-nf-call-iptables contents are not set to 1",
            "/proc/sys/net/bridge/bridge-nf-call-iptables does not exist",
        ),
        meaning=message(
            "kubeadm requires that frames between pods on one bridge pass iptables; otherwise a pod does not reach "
            "services that run on its own node. The kernel has not loaded br_netfilter, or the setting is 0. `sysctl "
            "net.bridge.bridge-nf-call-iptables` shows it; a file in modules-load.d and a file in sysctl.d keep both "
            "after a boot."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter", "kernel-module-missing"),
        shown_by=("br-netfilter-off-hairpin",),
    ),
    TextMeaning(
        id="kubeadm-ip-forward", program="kubeadm", other_causes=True,
        patterns=(
            "FileContent--proc-sys-net-ipv4-ip_forward", "/proc/sys/net/ipv4/ip_forward contents are not set to 1",
        ),
        meaning=message(
            "The kernel of this node does not forward IPv4, so no packet passes between pods and the network. dockerd "
            "switches forwarding on by itself; containerd and CRI-O do not. `sysctl net.ipv4.ip_forward` shows the "
            "setting; a file in sysctl.d keeps it after a boot."
        ),
        causes=("ip-forward-off", "sysctl-file-forces-forward-off", "ip-forward-not-persisted"),
        shown_by=("ip-forward-off",),
    ),
)  # fmt: skip
