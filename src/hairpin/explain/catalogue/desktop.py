"""Texts of engines in a virtual machine: Docker Desktop, WSL and `podman machine`.  The machine runs on another
system (Windows or macOS), which hairpin does not read."""

from hairpin.message import message
from hairpin.texts.meaning import TextMeaning

DESKTOP = (
    TextMeaning(
        id="windows-port-reserved", program="docker", about="port", printed_by="client", other_causes=True,
        patterns=(
            "listen tcp {address}:{port}: bind: An attempt was made to access a socket in a way forbidden by its",
            "listen udp {address}:{port}: bind: An attempt was made to access a socket in a way forbidden by its",
            "An attempt was made to access a socket in a way forbidden by its access permissions",
            "以一种访问权限不允许的方式做了一个访问套接字的尝试",
        ),
        meaning=message(
            "Windows refuses the port to Docker Desktop: Hyper-V or WinNAT has reserved a range that contains the "
            "port, or a service of Windows (IIS, HTTP.sys) holds it exclusively. `netsh interface ipv4 show "
            "excludedportrange protocol=tcp` shows the reserved ranges, which change with each boot. Publish a port "
            "outside of these ranges."
        ),
        causes=("published-port-held-by-other-process",),
    ),
    TextMeaning(
        id="windows-port-in-use", program="docker", about="port", printed_by="client", other_causes=True,
        patterns=(
            "listen tcp {address}:{port}: bind: Only one usage of each socket address",
            "Only one usage of each socket address (protocol/network address/port) is normally permitted",
            "通常每个套接字地址(协议/网络地址/端口)只允许使用一次",
        ),
        meaning=message(
            "Another Windows process already listens on this port. `netstat -ano` shows its process id. Publish "
            "another port, or end that process."
        ),
        causes=("published-port-held-by-other-process",),
    ),
    TextMeaning(
        id="desktop-forward-failed", program="docker", printed_by="client",
        patterns=(
            "/forwards/expose returned unexpected status: {number}",
            "/forwards/expose/port returned unexpected status: {number}",
            'unable to list exposed ports: Get "http://unix/forwards/list"',
            "unable to list exposed ports: Get http://unix/forwards/list",
            "Error starting userland proxy: mkdir /port/tcp:* input/output error",
        ),
        meaning=message(
            "Docker Desktop's own port forwarder, which runs outside of its virtual machine, could not open the port. "
            "The forwarder hangs, as after a sleep or a fast boot of Windows, or a program of Windows or macOS holds "
            "the port. dockerd in the virtual machine is not at fault; restarting Docker Desktop starts a new "
            "forwarder."
        ),
    ),
    TextMeaning(
        id="desktop-not-running", program="docker", printed_by="client", other_causes=True,
        patterns=(
            "open //./pipe/{word}: The system cannot find the file specified",
            "//./pipe/docker_engine: *",
        ),
        meaning=message(
            "`docker` on Windows found no pipe of Docker Desktop. Docker Desktop does not run or is still starting, or "
            "`docker` uses another context. `docker context ls` shows which pipe `docker` uses."
        ),
        causes=("docker-daemon-not-running",),
    ),
    TextMeaning(
        id="wsl-proxy-not-mirrored", program="wsl", printed_by="client", other_causes=True,
        patterns=(
            "A localhost proxy configuration was detected but not mirrored into WSL",
            "检测到 localhost 代理配置，但未镜像到 WSL",
        ),
        meaning=message(
            "Windows has a proxy at 127.0.0.1. In its NAT mode, WSL has a 127.0.0.1 of its own, so pulls and downloads "
            "in WSL bypass that proxy. Name the proxy by the address of Windows, or set networkingMode=mirrored in "
            ".wslconfig (Windows 11 22H2)."
        ),
        causes=("loopback-is-the-container",),
    ),
    TextMeaning(
        id="wsl-mirrored-unsupported", program="wsl", printed_by="client",
        patterns=("Mirrored networking mode is not supported",),
        meaning=message(
            "WSL runs in its NAT mode, because networkingMode=mirrored needs Windows 11 22H2. In NAT mode WSL has an "
            "address of its own, and the LAN does not reach that address. Windows forwards only its own localhost to "
            "ports of WSL."
        ),
    ),
    TextMeaning(
        id="podman-machine-port-in-use", program="podman", printed_by="client", other_causes=True,
        patterns=('something went wrong with the request: "proxy already running',),
        meaning=message(
            "The forwarder of `podman machine` (gvproxy) already has this port: a container publishes it, or a "
            "container that ended uncleanly published it. `podman ps` shows the running containers. Publish another "
            "port."
        ),
        causes=("port-allocated-by-other-container", "published-port-held-by-other-process"),
    ),
    TextMeaning(
        id="podman-not-reached", program="podman", printed_by="client",
        patterns=(
            "Cannot connect to Podman. Please verify your connection to the Linux system",
            "unable to connect to Podman socket: *", "unable to connect to Podman socket: failed to connect: dial *",
        ),
        meaning=message(
            "Podman's remote client reached no Podman. The virtual machine does not run, or the socket is missing "
            "(podman.socket of root or of the user); `podman system connection list` shows where the client connects. "
            "No packet of a container is affected."
        ),
    ),
)  # fmt: skip
