"""Texts of programs around an engine: swarm, compose, Kubernetes, and engines in a virtual machine (Docker Desktop,
WSL, `podman machine`), whose outer system hairpin does not read."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

SWARM = (
    TextMeaning(id="swarm-not-manager", program="dockerd",
        patterns=('This node is not a swarm manager. Use "docker swarm init" or "docker swarm join"',),
        meaning=message("The command or the driver overlay needs a swarm, and this dockerd is not a manager of a "
            "swarm. `docker info` says whether it is in a swarm (Swarm: active) and whether it is a manager.")),
    TextMeaning(id="swarm-advertise", program="dockerd",
        patterns=("could not choose an IP address to advertise since this system has multiple addresses",),
        meaning=message("This host has several addresses, and dockerd does not guess which one the other members can "
            "reach. Name the address or the link with `--advertise-addr`. Every other member has to reach this "
            "address.")),
    TextMeaning(id="swarm-join-timeout", program="dockerd", other_causes=True,
        patterns=("Timeout was reached before node joined",),
        meaning=message("The manager did not answer on TCP 2377 in time. A firewall on or before the manager drops the "
            "packets, or the manager advertises an address that this host does not reach; `docker node ls` on the "
            "manager and `nc -zv ADDRESS 2377` here tell which. Members also need TCP and UDP 7946 and UDP 4789."),
        causes=("vxlan-port-blocked",)),
    TextMeaning(id="swarm-attach-timeout", program="dockerd", passing=True,
        patterns=("attaching to network failed, make sure your network options are correct and check manager logs",),
        meaning=message("No manager of the swarm gave this container an address of the overlay network within 20 "
            "seconds. The members do not reach each other (TCP 2377, TCP and UDP 7946), this node is drained, or the "
            "subnet is full. `docker node ls` and the manager's journal tell which."), causes=("vxlan-port-blocked",
            "overlay-peer-missing", "address-pool-exhausted")),
    TextMeaning(id="swarm-not-attachable", program="dockerd", other_causes=True,
        patterns=("Could not attach to network {word}:*not manually attachable", "{word} not manually attachable"),
        meaning=message("An overlay network takes only services unless it was made with `--attachable`, and the "
            "network ingress takes no container at all. `docker network inspect NETWORK` shows Attachable. Recreate "
            "the network with this option, or run the container as a service."),
        causes=("no-common-network-for-name",)),
    TextMeaning(id="swarm-ingress-port-taken", program="dockerd", other_causes=True,
        patterns=("port '{port}' is already in use by service '{word}' ({word}) as an ingress port",),
        meaning=message("A port of the swarm's ingress can be given only once in the whole swarm, on whichever node "
            "the service runs. `docker service ls` shows which service has the port. Publish another port, or put a "
            "proxy before both services."), causes=("port-allocated-by-other-container",)),
    TextMeaning(id="swarm-host-port-taken", program="dockerd", other_causes=True,
        patterns=("host-mode port already in use on {number} node", "host-mode port already in use on {number} nodes"),
        meaning=message("The service publishes its port in host mode, and the port is in use on each node that may run "
            "the service, often by an old task of the same service during an update. `docker service ps SERVICE` shows "
            "the tasks. With the update order stop-first, the old task ends before the new task starts."),
        causes=("swarm-port-mode-host", "swarm-service-not-running")),
    TextMeaning(id="swarm-no-address-left", program="dockerd", other_causes=True,
        patterns=("could not find an available IP while allocating VIP",
            "failed to allocate network IP for task *: could not", "could not find an available IP$"),
        meaning=message("The subnet of the overlay network has no free address for the service or its task. A service "
            "takes one address for itself and one for each task. A /24 holds about 250 addresses; a network with a "
            "larger subnet has more."), causes=("address-pool-exhausted", "swarm-service-not-running")),
)  # fmt: skip

COMPOSE = (
    TextMeaning(id="compose-network-foreign", program="compose",
        patterns=("a network with name {word} exists but was not created by compose",
            "network {word} was found but has incorrect label {word} set to",
            "a network with name {word} exists but was not created for project"),
        meaning=message("The network name that compose tries to use is already taken: another project, another version "
            "of compose or a person made that network (its labels differ). If that network is meant, write `external: "
            "true` in the compose file; otherwise remove the network, or rename the project. `docker network inspect "
            "NETWORK` shows the labels.")),
    TextMeaning(id="compose-network-undefined", program="compose", other_causes=True,
        patterns=('service "{word}" refers to undefined network {word}',
            'Service "{word}" uses an undefined network "{word}"'),
        meaning=message("A service in the compose file names a network that the section `networks` at the end of the "
            "file does not list, so compose started nothing. List a network of another project there with `external: "
            "true`. Compose files that are read together share that section."), causes=("no-common-network-for-name",)),
    TextMeaning(id="compose-network-changed", program="compose",
        patterns=('Network "{word}" needs to be recreated - options have changed',
            'Network "{word}" needs to be recreated - option * has changed',
            'Network "{word}" needs to be recreated - * has changed'),
        meaning=message("The network exists with other options or another subnet than the compose file says, and "
            "compose does not change a network that exists. Take the project down and bring it up again. Before that, "
            "disconnect each container of another project from the network; `docker network inspect NETWORK` shows the "
            "options.")),
    TextMeaning(id="compose-host-in-use", program="compose", about="port", printed_by="client", general=True,
        other_causes=True,
        patterns=("Host is already in use by another container",),
        meaning=message("dockerd could not publish a port of the container: another container or another process of "
            "the host has the port. docker-compose 1 prints this line instead of dockerd's own words. `docker ps -a` "
            "and `ss -lntup` show who has the port."), causes=("published-port-held-by-other-process",
            "port-allocated-by-other-container")),
)  # fmt: skip

DESKTOP = (
    TextMeaning(id="windows-port-reserved", program="docker", about="port", printed_by="client", other_causes=True,
        patterns=("listen tcp {address}:{port}: bind: An attempt was made to access a socket in a way forbidden by its",
            "listen udp {address}:{port}: bind: An attempt was made to access a socket in a way forbidden by its",
            "An attempt was made to access a socket in a way forbidden by its access permissions",
            "以一种访问权限不允许的方式做了一个访问套接字的尝试"),
        meaning=message("Windows refuses the port to Docker Desktop: Hyper-V or WinNAT has reserved a range that "
            "contains the port, or a service of Windows (IIS, HTTP.sys) holds it exclusively. `netsh interface ipv4 "
            "show excludedportrange protocol=tcp` shows the reserved ranges, which change with each boot. Publish a "
            "port outside of these ranges."), causes=("published-port-held-by-other-process",)),
    TextMeaning(id="windows-port-in-use", program="docker", about="port", printed_by="client", other_causes=True,
        patterns=("listen tcp {address}:{port}: bind: Only one usage of each socket address",
            "Only one usage of each socket address (protocol/network address/port) is normally permitted",
            "通常每个套接字地址(协议/网络地址/端口)只允许使用一次"),
        meaning=message("Another Windows process already listens on this port. `netstat -ano` shows its process id. "
            "Publish another port, or end that process."), causes=("published-port-held-by-other-process",)),
    TextMeaning(id="desktop-forward-failed", program="docker", printed_by="client",
        patterns=("/forwards/expose returned unexpected status: {number}",
            "/forwards/expose/port returned unexpected status: {number}",
            'unable to list exposed ports: Get "http://unix/forwards/list"',
            "unable to list exposed ports: Get http://unix/forwards/list",
            "Error starting userland proxy: mkdir /port/tcp:* input/output error"),
        meaning=message("Docker Desktop's own port forwarder, which runs outside of its virtual machine, could not "
            "open the port. The forwarder hangs, as after a sleep or a fast boot of Windows, or a program of Windows "
            "or macOS holds the port. dockerd in the virtual machine is not at fault; restarting Docker Desktop starts "
            "a new forwarder.")),
    TextMeaning(id="desktop-not-running", program="docker", printed_by="client", other_causes=True,
        patterns=("open //./pipe/{word}: The system cannot find the file specified", "//./pipe/docker_engine: *"),
        meaning=message("`docker` on Windows found no pipe of Docker Desktop. Docker Desktop does not run or is still "
            "starting, or `docker` uses another context. `docker context ls` shows which pipe `docker` uses."),
        causes=("docker-daemon-not-running",)),
    TextMeaning(id="wsl-proxy-not-mirrored", program="wsl", printed_by="client", other_causes=True,
        patterns=("A localhost proxy configuration was detected but not mirrored into WSL",
            "检测到 localhost 代理配置，但未镜像到 WSL"),
        meaning=message("Windows has a proxy at 127.0.0.1. In its NAT mode, WSL has a 127.0.0.1 of its own, so pulls "
            "and downloads in WSL bypass that proxy. Name the proxy by the address of Windows, or set "
            "networkingMode=mirrored in .wslconfig (Windows 11 22H2)."), causes=("loopback-is-the-container",)),
    TextMeaning(id="wsl-mirrored-unsupported", program="wsl", printed_by="client",
        patterns=("Mirrored networking mode is not supported",),
        meaning=message("WSL runs in its NAT mode, because networkingMode=mirrored needs Windows 11 22H2. In NAT mode "
            "WSL has an address of its own, and the LAN does not reach that address. Windows forwards only its own "
            "localhost to ports of WSL.")),
    TextMeaning(id="podman-machine-port-in-use", program="podman", printed_by="client", other_causes=True,
        patterns=('something went wrong with the request: "proxy already running',),
        meaning=message("The forwarder of `podman machine` (gvproxy) already has this port: a container publishes it, "
            "or a container that ended uncleanly published it. `podman ps` shows the running containers. Publish "
            "another port."), causes=("port-allocated-by-other-container", "published-port-held-by-other-process")),
    TextMeaning(id="podman-not-reached", program="podman", printed_by="client",
        patterns=("Cannot connect to Podman. Please verify your connection to the Linux system",
            "unable to connect to Podman socket: *", "unable to connect to Podman socket: failed to connect: dial *"),
        meaning=message("Podman's remote client reached no Podman. The virtual machine does not run, or the socket is "
            "missing (podman.socket of root or of the user); `podman system connection list` shows where the client "
            "connects. No packet of a container is affected.")),
)  # fmt: skip

KUBERNETES = (
    TextMeaning(id="coredns-loop", program="coredns",
        patterns=('plugin/loop: Seen "*" more than twice, loop detected', "plugin/loop: Loop (*) detected for zone",
            'Seen "HINFO IN *" more than twice', "plugin/loop: Forwarding loop detected in"),
        meaning=message("CoreDNS forwards to itself: its pod got the node's /etc/resolv.conf, and that file names a "
            "loopback address (127.0.0.53 of systemd-resolved, 127.0.0.1 of dnsmasq). The kubelet's resolvConf "
            "(--resolv-conf) has to name a file with the real servers, such as /run/systemd/resolve/resolv.conf.")),
    TextMeaning(id="kubelet-resolv-conf-missing", program="kubelet",
        patterns=("open /run/systemd/resolve/resolv.conf: {no_file}", "open {path}resolv.conf: {no_file}"),
        meaning=message("The resolv.conf that containers should get is missing on this host, so none is started. "
            "systemd-resolved makes the file in /run/systemd/resolve while it runs; resolvConf of the kubelet's "
            "configuration names the file.")),
    TextMeaning(id="flannel-not-ready", program="kubelet", other_causes=True,
        patterns=("open /run/flannel/subnet.env: {no_file}",),
        meaning=message("flannel's pod on this node has not yet written the node's subnet, so other pods get no "
            "network. Either flannel's pod does not run, or it finds no podCIDR of its node, which has to be inside "
            "the Network of kube-flannel-cfg. `kubectl logs -n kube-flannel ds/kube-flannel-ds` says which."),
        causes=("cni-plugin-missing",)),
    TextMeaning(id="kubeadm-bridge-netfilter", program="kubeadm", other_causes=True,
        patterns=("FileContent--proc-sys-net-bridge-bridge-nf-call-iptables",
            "/proc/sys/net/bridge/bridge-nf-call-iptables contents are not set to 1",
            "/proc/sys/net/bridge/bridge-nf-call-iptables does not exist"),
        meaning=message("kubeadm requires that frames between pods on one bridge pass iptables; otherwise a pod does "
            "not reach services that run on its own node. The kernel has not loaded br_netfilter, or the setting is 0. "
            "`sysctl net.bridge.bridge-nf-call-iptables` shows it; a file in modules-load.d and a file in sysctl.d "
            "keep both after a boot."), causes=("br-netfilter-off-hairpin", "icc-off-without-br-netfilter",
            "kernel-module-missing"), shown_by=("br-netfilter-off-hairpin",)),
    TextMeaning(id="kubeadm-ip-forward", program="kubeadm", other_causes=True,
        patterns=("FileContent--proc-sys-net-ipv4-ip_forward",
            "/proc/sys/net/ipv4/ip_forward contents are not set to 1"),
        meaning=message("The kernel of this node does not forward IPv4, so no packet passes between pods and the "
            "network. dockerd switches forwarding on by itself; containerd and CRI-O do not. `sysctl "
            "net.ipv4.ip_forward` shows the setting; a file in sysctl.d keeps it after a boot."),
        causes=("ip-forward-off", "sysctl-file-forces-forward-off", "ip-forward-not-persisted"),
        shown_by=("ip-forward-off",)),
)  # fmt: skip
