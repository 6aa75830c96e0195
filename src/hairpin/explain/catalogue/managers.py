"""Log texts of link and service managers: NetworkManager, systemd-networkd, systemd, fail2ban, sysctl, compose."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

MANAGERS = (
    TextMeaning(
        id="networkmanager-detached", program="NetworkManager", kind="routine", about="thing",
        patterns=(
            "({link}): failed to detach bridge port {link}", "device ({link}): detached bridge port {link}",
            "device ({link}): bridge port {link} was detached", "bridge port {link} detached",
        ),
        meaning=message(
            "NetworkManager manages a container's bridge as its own and removes ports from it. Tell NetworkManager to "
            "ignore the containers' links: "
            "`unmanaged-devices=interface-name:docker*;interface-name:br-*;interface-name:veth*`."
        ),
        causes=("manager-claims-container-links", "veth-detached-from-bridge"),
        shown_by=("veth-detached-from-bridge", "manager-claims-container-links"),
    ),
    TextMeaning(
        id="networkmanager-veth-failed", program="NetworkManager", about="thing",
        patterns=(
            "device ({link}): state change: ip-config -> failed (reason 'ip-config-unavailable'",
            "device (veth*): Activation: failed for connection", "device (docker0): state change: * -> failed",
            "device (br-*): state change: * -> failed", "device (veth*): state change: * -> failed",
        ),
        meaning=message(
            "NetworkManager asked for an address by DHCP on a container's link and got none. NetworkManager manages "
            "the link as its own and may switch it off: exclude the link with `unmanaged-devices`."
        ),
        causes=("manager-claims-container-links", "container-link-down", "veth-down"),
        shown_by=("container-link-down", "veth-down", "manager-claims-container-links"),
    ),
    TextMeaning(
        id="networkd-claims", program="systemd-networkd", kind="harmless",
        patterns=(
            "{link}: DHCPv4 address {address}/{number} acquired from {address}", "{link}: Gained carrier",
            "{link}: Link UP", "{link}: Link DOWN", "{link}: Configuring with {path}",
        ),
        meaning=message(
            "systemd-networkd logs a change of a link. If a .network file also matches a container's link, networkd "
            "may remove that link's address."
        ),
        causes=("manager-claims-container-links",),
    ),
    TextMeaning(
        id="networkd-foreign-routes", program="systemd-networkd", about="thing",
        patterns=(
            "{link}: Could not set route: *", "{link}: Failed to set address", "{link}: Could not set address: *",
            "{link}: Could not drop address",
        ),
        meaning=message(
            "systemd-networkd could not set an address or a route from its files, so the link differs from the files."
        ),
        causes=("host-default-route-missing", "host-address-missing", "manager-claims-container-links"),
        shown_by=("host-default-route-missing", "host-address-missing"),
    ),
    TextMeaning(
        id="dhcp-lease-lost", program="dhclient", about="thing",
        patterns=(
            "No DHCPOFFERS received", "{link}: DHCP lease lost", "{link}: DHCPv4 connection to * lost",
            "dhcp4 ({link}): request timed out", "dhcp4 ({link}): state changed bound -> expire",
            "No working leases in persistent database",
        ),
        meaning=message(
            "The link got no address by DHCP, or lost its address. Clients then cannot reach the host through this "
            "link."
        ),
        causes=("host-address-missing", "host-default-route-missing", "host-link-down"),
        shown_by=("host-address-missing", "host-default-route-missing", "host-link-down"),
    ),
    TextMeaning(
        id="sysctl-no-key", program="sysctl", kind="routine",
        patterns=(
            "sysctl: cannot stat {path}net/bridge/bridge-nf-call-*", "sysctl: cannot stat {path}net/*: {no_file}",
            "Couldn't write '{word}' to 'net/bridge/bridge-nf-call-*",
            "sysctl: cannot stat {path}netfilter/nf_conntrack_max: {no_file}",
        ),
        meaning=message(
            "The kernel does not have this setting yet, because its module is not loaded: br_netfilter for "
            "bridge-nf-call-…, nf_conntrack for nf_conntrack_max. The line in the file has no effect unless the module "
            "is loaded first."
        ),
        causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter", "kernel-module-missing"),
        shown_by=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter"),
    ),
    TextMeaning(
        id="sysctl-forward-zero", program="sysctl",
        patterns=("net.ipv4.ip_forward = 0", "net.ipv4.conf.all.forwarding = 0", "net.ipv4.ip_forward=0"),
        meaning=message(
            "A sysctl file or a command set forwarding to 0. This replaced the value that dockerd had set, so the "
            "kernel forwarded nothing for containers."
        ),
        causes=(
            "ip-forward-off", "sysctl-file-forces-forward-off", "ip-forward-not-persisted",
            "interface-forwarding-file-conflict",
        ),
        shown_by=("ip-forward-off",),
    ),
    TextMeaning(
        id="fail2ban-ban", program="fail2ban", kind="routine",
        patterns=("[{word}] Ban {address}", "NOTICE [{word}] Ban {address}", "NOTICE [{word}] Restore Ban {address}"),
        meaning=message(
            "fail2ban blocks this client because of a rule of its jail. `fail2ban-client status JAIL` lists the "
            "clients that are blocked now."
        ),
        causes=("ban-list-hits-client-or-container",),
    ),
    TextMeaning(
        id="container-unhealthy", program="compose", about="thing",
        patterns=(
            "dependency failed to start: container {container} is unhealthy", "container {container} is unhealthy",
            'container for service "{container}" is unhealthy', 'for {container}  Container "{word}" is unhealthy',
        ),
        meaning=message(
            "The container runs, but its own health check says that its service does not work. `docker inspect` shows "
            "the output of the check."
        ),
        causes=("container-unhealthy", "service-not-listening"), shown_by=("container-unhealthy",),
    ),
    TextMeaning(
        id="container-exited", program="compose", about="thing",
        patterns=(
            "dependency failed to start: container {container} exited ({number})",
            "{container} exited with code {number}", "Container {container} is not running",
            "Container {container} is restarting, wait until the container is running",
        ),
        meaning=message(
            "The container does not run, so nothing answers on its ports. `docker logs NAME` says why it ended."
        ),
        causes=("container-not-running", "restart-policy-missing"), shown_by=("container-not-running",),
    ),
    TextMeaning(
        id="container-ended-well", program="compose", kind="harmless",
        patterns=("{container} exited with code 0",),
        meaning=message(
            "The container's program ended without an error, as a finished job does. The container's restart policy "
            "decides whether it is started again."
        ),
    ),
    TextMeaning(
        id="container-health-failed", program="dockerd", about="thing", passing=True,
        patterns=("Health check for container {container} error:",),
        meaning=message(
            "A container's own health check failed: at that moment, the service in the container did not answer the "
            "check."
        ),
        causes=("container-unhealthy", "service-not-listening", "service-process-stopped"),
        shown_by=("container-unhealthy",),
    ),
    TextMeaning(
        id="swarm-no-leader", program="dockerd", passing=True,
        patterns=(
            "The swarm does not have a leader", "memberlist: Suspect {word} has failed, no acks received",
            "memberlist: Failed to send ping: *", "agent: session failed",
        ),
        meaning=message(
            "The members of a cluster do not reach each other, or have no leader. Docker's swarm uses TCP 2377 and TCP "
            "and UDP 7946. Swarm services keep running, but names and addresses of new containers are not announced."
        ),
        causes=("vxlan-port-blocked", "overlay-peer-missing", "swarm-service-not-running"),
    ),
    TextMeaning(
        id="sshd-client-left", program="sshd", kind="harmless",
        patterns=(
            "sshd[*]: error: kex_exchange_identification: read: {reset}",
            "sshd[*]: error: kex_exchange_identification: *",
            "sshd-session[*]: error: kex_exchange_identification: read: {reset}",
            "sshd[*]: error: kex_exchange_identification: Connection closed by remote host",
            "sshd-session[*]: error: kex_exchange_identification: Connection closed by remote host",
        ),
        meaning=message("A client closed the connection before it logged in, as scanners and health checks do."),
    ),
)  # fmt: skip
