"""Words point to causes, and words that mean something else do not; each hint is honest and only reads."""

from hairpin.causes.registry import known_cause
from hairpin.suppose.hints.hint import hints_in, prose_of
from hairpin.suppose.hints.told_names import SURE
from hairpin.words.hints import OF_CAUSE, hints
from tests.rows import each_row

_FILL = {"{container}": "web", "{port}": "8080", "{protocol}": "tcp"}


def _hinted(text: str, *, has_failure: bool = True) -> set[str]:
    """Return the causes to which the text points, or the command of a hint without a cause."""
    prose = prose_of(enumerate(text.splitlines(), 1))
    found = hints_in(prose, hints(), has_failure=has_failure, fill=_FILL)
    return {each.cause or each.command for each in found}


_POINTING = (
    ("podman: web does not reach db by its container name, with the IP address it works.",
     "default-bridge-has-no-names"),
    ("Podman, the container name is not resolved, connecting via IP address works fine.",
     "default-bridge-has-no-names"),
    ("I edited the yaml and added links: redis, then up -d and restart: redis:6379. Name or service not known.",
     "docker compose ps -a; docker inspect"),
    ("nameserver 8.8.8.8\nnameserver 8.8.4.4\nread udp ->8.8.8.8:53: i/o timeout. Host: resolv.conf is empty.",
     "cat /etc/resolv.conf; docker exec CONTAINER"),
    ("主机的 /etc/resolv.conf 都是空的，容器里是 8.8.8.8 8.8.4.4", "cat /etc/resolv.conf; docker exec CONTAINER"),
    ("mqtt_1 | 1680254431: Starting in local only mode. node_1 is refused.", "service-listens-on-container-loopback"),
    ("Get http://0.0.0.0:9100/metrics: dial tcp 0.0.0.0:9100: connection refused", "loopback-is-the-container"),
    ("The app cannot reach redis, connection refused. It works when it is not in a container.",
     "loopback-is-the-container"),
    ("In the container mysql is refused (111), locally it works.", "loopback-is-the-container"),
    ("compose up for the first time: connection to postgres refused", "docker compose logs"),
    ("docker 第一次启动时 mysql 拒绝连接", "docker compose logs"),
    ("From the host 2a00:1450:4001::200e works, from the container it does not.", "docker network inspect --format"),
    ("brctl show: docker0 8000.000000000000, no container answers.", "veth-detached-from-bridge"),
    ("Since the update localhost:80 fails; netstat: com.docker.backend.exe LISTENING", "docker ps -a; netstat"),
    ("From a container: Error: connect ECONNREFUSED 0.0.0.0:3306", "loopback-is-the-container"),
    ("kind create cluster; a NodePort 30080 is refused at localhost.", "port-not-published"),
    ("k3d: the ingress does not open in the browser.", "port-not-published"),
    ("minikube --driver=docker: 192.168.49.2:30080 times out.", "minikube profile"),
    ('daemon.json: {"dns": ["127.0.0.1"]}; no name resolves in containers.', "loopback-is-the-container"),
    ("docker:dind in a kubernetes pod; apk add hangs in the build.", "mtu-black-hole"),
    ("k8s 的 dind 里 docker build 时 npm 超时", "mtu-black-hole"),
    ('daemon.json has {"mtu": 1440}; in a network of compose downloads stall.', "mtu-black-hole"),
    ("DockerToolbox: localhost:8000 is refused.", "docker context"),
    ("The browser on my Mac with El Capitan cannot reach localhost:4000.", "docker-machine ls"),
    ("After docker is started, names no longer resolve: temporary failure in name resolution.",
     "bridge-subnet-overlaps-route"),
    ("docker 启动后服务器断网", "bridge-subnet-overlaps-route"),
    ('compose with network_mode: host; nginx: host not found in upstream "api"', "host-network-has-no-names"),
    ("docker run --net=host app: getaddrinfo ENOTFOUND cache", "host-network-has-no-names"),
    ("docker compose run web npm start; http://localhost:3000 is refused in the browser.", "port-not-published"),
    ("In a container apt-get update hangs at 0%, on the host it is fast.", "mtu-black-hole"),
    ("docker build: npm install gets stuck at the same package each time.", "mtu-black-hole"),
    ("From the container the TLS handshake never finishes, http works.", "mtu-black-hole"),
    ("Since the WireGuard tunnel is up, some sites load in the container and others never do.", "mtu-black-hole"),
    ("rootless podman, firewalld runs. From another machine no answer.", "firewalld-zone-blocks-port"),
    ("With ufw disabled the container connects, with ufw enabled it times out.", "input-drops-host-service"),
    ("Two swarm nodes: a task on one node does not reach the overlay address of the other node.", "vxlan-port-blocked"),
    ("Once the VPN is connected, no container is reachable.", "bridge-subnet-overlaps-route"),
    ("docker network create --internal back; the port is refused.", "container-on-internal-network-only"),
    ("The container has a macvlan address. The host cannot ping it.", "macvlan-host-cannot-reach"),
    ("PING db (127.0.0.1): 56 data bytes", "loopback-is-the-container"),
    ("dockerd runs with --iptables=false, nothing answers.", "docker-daemon-iptables-false"),
    ("504 Gateway Timeout from traefik. The service is on two networks.", "no-common-network-for-name"),
    ("After csf is reloaded no container is reachable.", "firewall-manager-flushed-rules"),
    ("Nothing comes. Restarting docker helps for a while.", "firewall-manager-flushed-rules"),
    ("Since service network restart this morning nothing answers.", "ip-forward-off"),
    ("iptables -P FORWARD ACCEPT helps until the next restart.", "forward-policy-drop"),
    ("ufw denies 8080, and the port is still reachable from everywhere.", "published-bypasses-host-firewall"),
    ("Run with docker compose, it says: could not connect to http://localhost:11434. Ollama runs on the host.",
     "loopback-is-the-container"),
    ("容器无法连接 http://127.0.0.1:11434，ollama 服务在本机运行正常", "loopback-is-the-container"),
    ("The incus VM has no internet. FORWARD shows `policy DROP`.", "forward-policy-drop"),
    ("Connections to ports of containers are not being blocked by ufw.", "published-bypasses-host-firewall"),
    ('daemon.json has {"icc": false}, the two containers get no answer.', "icc-off"),
    ("sudo iptables -t filter -P OUTPUT DROP", "output-policy-drop"),
    ("calico: BIRD is not ready: BGP not established with 192.0.2.7", "ip addr; kubectl"),
    ("flannel: a pod with hostNetwork gets no answer from 10.96.0.10", "ethtool -k"),
    ("pasta; from a container host.containers.internal:8080 is refused", "podman exec web ip addr"),
    ("port 22 is redirected to 2222. After ./stop.sh of it, ssh is refused", "sudo iptables-save -t nat"),
    ("fail2ban says banned, but the address can still open the site.", "ban-misses-published-port"),
    ("firewall-cmd --reload\nNow the podman container does not answer.", "podman-rules-missing"),
    ("With tailscale up --accept-routes the container's port times out.", "policy-rule-diverts-container-traffic"),
    ("SQLSTATE[HY000] [2002] Connection refused", "loopback-is-the-container"),
    ("Own masquerade rules for 100.64.0.0/10 repair it.", "masquerade-missing"),
    ("With FIREWALL_OUTBOUND_SUBNETS=192.0.2.0/24 there is an answer.", "container-own-firewall"),
    ("$IPT -P FORWARD DROP", "forward-policy-drop"),
    ("iptables -t nat -F", "firewall-manager-flushed-rules"),
    ("$ ifconfig br-web 0.0.0.0", "bridge-down"),
    ("ip_forward shows 1, networkd manages eth0, the container does not get out.", "interface-forwarding-off"),
    ("PDO->__construct('mysql:host=127.0.0.1;dbname=shop'): Connection refused", "loopback-is-the-container"),
    ("The WireGuard container is on two networks. Its clients get no answer.", "interface-name-hardcoded"),
    ("Docker Engine 29.4. From another machine ping 172.18.0.2 times out.", "raw-drop-direct-routing"),
    ("30 s after the start a route default dev veth1a2b appears, nothing answers.", "bridge-became-default-route"),
    ("/etc/sysconfig/iptables is loaded at boot. The container is not reachable.", "reject-rule-before-docker"),
    ("Each mapping is like '127.0.0.1:${WEB_PORT:-8080}:80'. From a different machine nothing comes.",
     "published-on-loopback-only"),
    ("- 127.0.0.1:3000:3000\nThe phone in the LAN gets no answer; from my laptop: refused.",
     "published-on-loopback-only"),
    ("+  command:\n+    - redis-server\n+    - /etc/redis/redis.conf\nError 111: refused",
     "service-listens-on-container-loopback"),
    (".gitlab-ci.yml: services: docker:dind\ndial tcp: lookup docker on 10.0.1.12:53: no such host",
     "container-not-running"),
    ("In a container I can ping www.example.org, but cannot ping docker0.", "input-drops-host-service"),
    ("From the container curl https://example.org works. The gateway does not answer.", "input-drops-host-service"),
    ("Ubuntu. Pods reach no name server outside: read udp: i/o timeout, and coredns says no route to host",
     "ufw-forward-policy"),
    ("INPUT has the policy DROP. From inside the same container the port is unreachable.",
     "input-chain-drops-proxied-traffic"),
    ("mDNS: the speakers are not discovered from the container.", "docker inspect --format '{{.Name}} {{.HostConfig"),
    ("The iPhone does not find the HomeKit bridge in docker.", "docker inspect --format '{{.Name}} {{.HostConfig"),
    ("DLNA: 电视找不到容器里的服务器", "docker inspect --format '{{.Name}} {{.HostConfig"),
    ("With host networking the TV finds it by SSDP, else no devices are found.",
     "docker inspect --format '{{.Name}} {{.HostConfig"),
    ("networking: host. Only the host itself opens the page, the other machines do not.", "input-drops-host-service"),
    ("Fedora, network_mode: host; the page only works on the host.", "firewalld-zone-blocks-port"),
    ("The server itself cannot reach the container; all other devices reach it well.", "macvlan-host-cannot-reach"),
    ("From the host itself it does not answer. Other computers use the container's DNS, fine.",
     "macvlan-host-cannot-reach"),
    ("macvlan: the container cannot even ping its gateway.", "upstream-filters-container-addresses"),
    ("macvlan 网络，容器里网关不通", "upstream-filters-container-addresses"),
    ("[Interface]\nDNS = 192.0.2.53\nThe container no longer finds others by name: could not resolve db",
     "resolv-conf-rewritten"),
    ("wg-easy in docker: clients connect, handshake is fine, but no internet.", "masquerade-missing"),
    ("OpenVPN 容器，客户端连接成功但不能上网", "ip-forward-off"),
    ("iStoreOS: 桥接的容器不能上外网", "third-party-forward-chain-drops"),
    ("OpenWrt 22.03 with dockerd: containers on the bridge have no internet.", "forward-policy-drop"),
    ("compose, the container's my.cnf:\n[mysqld]\nbind-address = 127.0.0.1\nECONNREFUSED",
     "service-listens-on-container-loopback"),
    ("mongod.conf in the container\n  bindIp: 127.0.0.1\nconnection refused", "service-listens-on-container-loopback"),
    ("docker run; config.yaml:\nmysql:\n  hostname: 127.0.0.1\n  port: 3306\n页面显示连接被拒绝",
     "loopback-is-the-container"),
    ("phpMyAdmin: mysqli::real_connect(): (HY000/2002): No such file or directory", "loopback-is-the-container"),
    ("docker compose: REDIS_URL=redis://localhost:6379/0, then connection refused", "loopback-is-the-container"),
    ("network_mode: service:vpn; when the vpn is restarted, the other one has no network until it is recreated.",
     "shared-namespace-left"),
    ("--network container:tunnel. After watchtower has updated the tunnel, qbt is unreachable.",
     "shared-namespace-left"),
    ("Docker 25.0.1, a network with internal: true. The host gets no answer.", "bridge-address-missing"),
    ("After the upgrade to 28.1 packets between containers are dropped.", "nft-base-chain-drop-other-table"),
    ("Docker 27 filters what goes between two containers in the same network.", "nft-base-chain-drop-other-table"),
    ("While shorewall runs, the port of the compose project is not reachable.", "third-party-forward-chain-drops"),
    ("With csf stopped the container on br-1a2b3c4d5e6f answers.", "third-party-forward-chain-drops"),
    ("5432 is not open in any zone, but from another server psql to the container succeeds.",
     "published-bypasses-host-firewall"),
    ("ufw denies 8080, docker publishes it. Why does the firewall not block it?", "published-bypasses-host-firewall"),
    ("I denied 9000 with ufw. But docker publishes it, and I can open it from the internet.",
     "published-bypasses-host-firewall"),
    ("The container does not reach the internet. The nat table is empty.", "masquerade-missing"),
    ("容器上不了外网，NAT 表是空的", "masquerade-missing"),
    ("Other containers reach the internet well, this one times out.", "container-on-internal-network-only"),
    ("其他容器可以上外网，这个不行", "container-on-internal-network-only"),
    ("host: nameserver 127.0.0.53. Containers have 8.8.8.8 and 8.8.4.4 and resolve no name.", "resolv-conf-rewritten"),
    ("docker run -e HTTP_PORT=9000 -p 9000:9000 app; curl: empty reply from server", "service-listens-on-other-port"),
    ("docker publishes it on 0.0.0.0 and on ::, localhost: reset by peer", "service-listens-on-wrong-family"),
    ("Containers with network_mode: service:ovpn lose connection when ovpn is restarted.", "shared-namespace-left"),
    ("It uses gluetun's network stack. Restart gluetun: connections drop, unless I restart the other one.",
     "shared-namespace-left"),
    ("docker: 127.0.0.1:8080 works, localhost:8080 does not, it is ::1.", "service-listens-on-wrong-family"),
    ("One service has a static IP. After a reboot docker says: address already in use", "docker network inspect"),
    ("traefik takes an address of the container which it cannot reach. It is in two networks.",
     "no-common-network-for-name"),
    ("A container on the bridge does not complete the TLS handshake; with --network host it works.", "mtu-black-hole"),
)  # fmt: skip


@each_row(("text", "cause"), _POINTING)
def test_words_point_to_a_cause(text: str, cause: str) -> None:
    assert any(each.startswith(cause) for each in _hinted(text))


_POINTING_NOWHERE = (
    ("resolv.conf of the container: nameserver 8.8.8.8, nameserver 8.8.4.4. Names resolve, the port is refused.",
     "cat /etc/resolv.conf; docker exec CONTAINER"),
    ("podman: web does not reach db by its container name, nor by its IP address.", "default-bridge-has-no-names"),
    ("links: redis is in the file since the beginning. Name or service not known.",
     "docker compose ps -a; docker inspect"),
    ("mosquitto: Opening ipv4 listen socket on port 1883. It is refused.", "service-listens-on-container-loopback"),
    ('Get "https://registry.example.org/v2/": dial tcp 0.0.0.0:443: connection refused', "loopback-is-the-container"),
    ("The container is refused by redis at ECONNREFUSED cache:6379, locally it works.", "loopback-is-the-container"),
    ("For the first time the page is refused.", "docker compose logs"),
    ("On each start postgres at localhost:5432 is refused.", "docker compose logs"),
    ("enable_ipv6 is set; from the host 2a00:1450:4001::200e works, from the container it does not.",
     "docker network inspect --format"),
    ("docker0 8000.0242a1b2c3d4 has veth1; no container answers.", "veth-detached-from-bridge"),
    ("docker pull fails with EOF.", "mtu-black-hole"),
    ("Docker Desktop: localhost:80 is refused.", "docker ps -a; netstat"),
    ("This kind of ingress is refused at localhost.", "port-not-published"),
    ("kind create cluster with extraPortMappings: the NodePort is refused at localhost.", "port-not-published"),
    ("minikube with kvm2: 192.168.49.2:30080 times out.", "minikube profile"),
    ("pihole in compose with dns: 127.0.0.1, clients get no DNS answer.", "loopback-is-the-container"),
    ('daemon.json: {"dns": ["192.0.2.53"]}; no name resolves in containers.', "loopback-is-the-container"),
    ("docker:dind in a kubernetes pod: tcp://localhost:2375 timed out.", "mtu-black-hole"),
    ("docker:dind on my laptop: pulling times out.", "mtu-black-hole"),
    ('daemon.json has {"mtu": 1440}; the port is refused.', "mtu-black-hole"),
    ("Docker Desktop on a Mac with Sierra: localhost:4000 is refused.", "docker-machine ls"),
    ("Windows 10 Home: the container's address 172.17.0.2 is refused.", "docker-machine ls"),
    ("After docker is started, names do not resolve in the container.", "bridge-subnet-overlaps-route"),
    ("Since docker was started, the page is refused.", "bridge-subnet-overlaps-route"),
    ('host not found in upstream "api"; both containers are in one network.', "host-network-has-no-names"),
    ('host not found in upstream "api"; with network_mode: host it works.', "host-network-has-no-names"),
    ("network_mode: host; could not resolve host: www.example.org", "host-network-has-no-names"),
    ("docker compose run --service-ports web; http://localhost:3000 is refused.", "port-not-published"),
    ("docker compose up; docker compose run web sh; http://localhost:3000 is refused.", "port-not-published"),
    ("docker ps hangs, the daemon does not answer.", "mtu-black-hole"),
    ("The container's curl is refused at once.", "mtu-black-hole"),
    ("ping works, curl is refused. The container is on a bridge.", "mtu-black-hole"),
    ("firewalld is not running, and from outside nothing comes.", "firewalld-zone-blocks-port"),
    ("Even with firewalld stopped it does not work.", "firewalld-bridge-in-wrong-zone"),
    ("ufw is inactive. A container of this host gets no answer from the host's own address.",
     "input-drops-host-service"),
    ("One machine, a bridge, one container: refused.", "vxlan-port-blocked"),
    ("curl: (7) Failed to connect to localhost port 5432: Connection refused", "loopback-is-the-container"),
    ('psql -h localhost: Is the server running on host "localhost"? The container publishes 5432.',
     "loopback-is-the-container"),
    ("PING localhost (127.0.0.1): 56 data bytes", "loopback-is-the-container"),
    ("Restarting docker did not help, it works nowhere.", "firewall-manager-flushed-rules"),
    ("502 from nginx, one container, refused.", "no-common-network-for-name"),
    ("docker-machine is not used here. The address 10.0.0.5 times out.", "docker context ls"),
    ("iptables -A INPUT -i lo -j ACCEPT; it does not answer.", "output-policy-drop"),
    ("ip link set eth0 down; it does not answer.", "bridge-down"),
    ("echo 0 > /proc/sys/net/ipv4/ip_forward, then echo 1 > /proc/sys/net/ipv4/ip_forward", "ip-forward-off"),
    ("ip_forward shows 0, networkd manages eth0, nothing answers.", "interface-forwarding-off"),
    ("mysql:host=127.0.0.1 answers with network_mode: host, port 80 is refused.", "loopback-is-the-container"),
    ("Docker Engine 27.4. From another machine ping 172.18.0.2 times out.", "raw-drop-direct-routing"),
    ("default dev eth0 scope link; the container is unreachable.", "bridge-became-default-route"),
    ("calico runs, the port is refused.", "ip addr; kubectl"),
    ("flannel: a pod gets no answer from another pod", "ethtool -k"),
    ("port 22 is published to 2222 and refused", "sudo iptables-save -t nat"),
    ("fail2ban is installed, the site does not answer.", "ban-misses-published-port"),
    ("firewall-cmd --reload; the docker container does not answer.", "podman-rules-missing"),
    ("With tailscale up the container's port times out.", "policy-rule-diverts-container-traffic"),
    ("'127.0.0.1:8080:80' is how I publish it, curl on the host is refused.", "published-on-loopback-only"),
    ("0.0.0.0:8080:80 and no answer from a different machine", "published-on-loopback-only"),
    ("redis-server --bind 0.0.0.0 /etc/redis/redis.conf\nError 111: refused", "service-listens-on-container-loopback"),
    ("gitlab in docker: dial tcp: lookup gitlab on 10.0.1.12:53: no such host", "container-not-running"),
    ("From the container I cannot reach the internet, but I can ping docker0.", "input-drops-host-service"),
    ("The container reaches example.org. Another container is refused.", "input-drops-host-service"),
    ("Ubuntu, ufw is inactive. Pods: DNS i/o timeout, no route to host", "ufw-forward-policy"),
    ("Ubuntu. Pods get an i/o timeout from the DNS server outside", "ufw-forward-policy"),
    ("DB_HOST=db\nSQLSTATE[HY000] [2002] Connection refused", "loopback-is-the-container"),
    ("mDNS runs on the host. The container's port 80 is refused.", "docker inspect --format '{{.Name}} {{.HostConfig"),
    ("network_mode: host, and HomeKit is still not found.", "docker inspect --format '{{.Name}} {{.HostConfig"),
    ("--network host; nobody reaches the page, not even the host.", "input-drops-host-service"),
    ("network_mode: host, only the host opens it: it listens on 127.0.0.1:80.", "input-drops-host-service"),
    ("The host itself does not reach the container, and nobody else does.", "macvlan-host-cannot-reach"),
    ("The server itself cannot open the public address of the container; all other devices reach it.",
     "macvlan-host-cannot-reach"),
    ("macvlan: the container pings its gateway, the host does not reach it.", "upstream-filters-container-addresses"),
    ("[Interface]\nDNS = 192.0.2.53\nThe container times out at 198.51.100.7.", "resolv-conf-rewritten"),
    ("wg-easy in docker: clients do not connect, no handshake.", "ip-forward-off"),
    ("gluetun, a wireguard container: connected, no internet.", "masquerade-missing"),
    ("OpenWrt is my router. The container's port 80 is refused.", "third-party-forward-chain-drops"),
    ("the container's my.cnf:\nbind-address = 0.0.0.0\nECONNREFUSED", "service-listens-on-container-loopback"),
    ("my.cnf in the container:\nbind-address = 127.0.0.1\nnetwork_mode: host, refused",
     "service-listens-on-container-loopback"),
    ("network_mode: service:vpn\nrestart: unless-stopped\nThe port is refused.", "shared-namespace-left"),
    ("The vpn container was restarted, and it is unreachable.", "shared-namespace-left"),
    ("Docker 26.1, a network with internal: true. The host gets no answer.", "bridge-address-missing"),
    ("After 30 seconds packets between containers are dropped.", "nft-base-chain-drop-other-table"),
    ("Docker 27: packets from outside are dropped.", "nft-base-chain-drop-other-table"),
    ("shorewall is installed on my router. The container's port is refused.", "third-party-forward-chain-drops"),
    ("8080 is blocked by the firewall, but on localhost the container works.", "published-bypasses-host-firewall"),
    ("8080 is not open in the firewall, and from another server the container cannot be reached.",
     "published-bypasses-host-firewall"),
    ("I denied 22 with ufw. But docker publishes 9000, and I cannot open it from the internet.",
     "published-bypasses-host-firewall"),
    ("The filter table is empty. The container does not reach the internet.", "masquerade-missing"),
    ("Other containers can be reached from outside, this one times out.", "container-on-internal-network-only"),
    ("Other containers can't reach the internet, it times out.", "container-on-internal-network-only"),
    ("host: nameserver 192.0.2.53. Containers have 8.8.8.8 and 8.8.4.4 and resolve no name.", "resolv-conf-rewritten"),
    ("docker: the port is 9000; curl: empty reply from server", "service-listens-on-other-port"),
    ("docker publishes it on 0.0.0.0; localhost: connection reset by peer", "service-listens-on-wrong-family"),
    ("network_mode: host; after a restart the service is unreachable.", "shared-namespace-left"),
    ("csf: docker, 192.0.2.7:5432 hangs.", "input-chain-drops-proxied-traffic"),
    ("csf runs. The docker container does not get out.", "third-party-forward-chain-drops"),
    ("docker: 127.0.0.1:8080 fails, localhost:8080 does not answer.", "service-listens-on-wrong-family"),
    ("A static IP; docker: listen tcp 0.0.0.0:80: bind: address already in use", "docker network inspect"),
    ("The instance's eth0 has MTU 1500, docker0 has 1500; it is refused.", "mtu-black-hole"),
    ("In the container curl gets the whole page.", "mtu-black-hole"),
    ("With --net=host in docker it cannot connect to http://localhost:11434. Ollama runs on the host.",
     "loopback-is-the-container"),
    ("In docker it cannot connect to http://ollama:11434. Ollama runs on the host.", "loopback-is-the-container"),
    ("The container cannot connect. FORWARD shows `policy DROP`.", "forward-policy-drop"),
    ("Connections are not blocked by ufw; the container says connection refused.", "published-bypasses-host-firewall"),
    ("traefik answers 404. The container is in one network.", "no-common-network-for-name"),
    ("A container on the bridge is refused by TLS port 443; with --network host it works.", "mtu-black-hole"),
)  # fmt: skip


@each_row(("text", "cause"), _POINTING_NOWHERE)
def test_words_that_mean_something_else_point_nowhere(text: str, cause: str) -> None:
    assert not any(each.startswith(cause) for each in _hinted(text))


def test_a_text_without_a_failure_gives_only_errors() -> None:
    text = "The container has a macvlan address. The host is a VPN client, firewalld runs, seen from outside."
    assert _hinted(text)
    assert not _hinted(text, has_failure=False)
    assert _hinted("UDP: bad checksum. From 192.0.2.1:1 to 192.0.2.2:8472", has_failure=False)


_OPEN = "docker run -p 127.0.0.1:8081:80 web. From another host of the LAN it {0}. I did not expect that."
_QUERY = '[resolver] failed to query external DNS server" dns-server="udp:{0}:53" error="read: connection refused"'


@each_row(
    ("text", "says"),
    ((_OPEN.format("can be reached"), "before Docker 28"), (_QUERY.format("127.0.0.1"), "names a loopback address")),
)
def test_words_point_outside_of_the_catalogue(text: str, says: str) -> None:
    assert any(says in each for each in _meant(text))


@each_row("text", (_OPEN.format("is refused"), _OPEN.replace("127.0.0.1:", ""), _QUERY.format("192.0.2.53")))
def test_other_words_point_to_nothing_outside_of_the_catalogue(text: str) -> None:
    assert not any("before Docker 28" in each or "names a loopback address" in each for each in _meant(text))


def _meant(text: str) -> list[str]:
    found = hints_in(prose_of(enumerate(text.splitlines(), 1)), hints(), has_failure=True, fill=_FILL)
    return [str(each.means) for each in found]


def test_words_may_stand_on_two_lines() -> None:
    prose = prose_of(((3, "nothing to see"), (7, "It helps to say iptables -P FORWARD"), (8, "ACCEPT each time")))
    found = next(iter(hints_in(prose, hints(), has_failure=True, fill=_FILL)))
    assert (found.cause, found.line) == ("forward-policy-drop", 7)


def test_each_hint_names_a_known_cause_and_only_reads() -> None:
    changing = {"-w", "-A", "-I", "-D", "-F", "-P", "add", "del", "set", "restart", "start", "stop", "rm", "kill"}
    for hint in hints():
        assert not hint.cause or known_cause(hint.cause) is not None
        assert not changing & set(hint.command.split())
        assert hint.cause or hint.means != OF_CAUSE
        assert 0 < hint.weight <= SURE


def test_a_long_text_is_read_quickly() -> None:
    line = "container curl https docker 127.0.0.1 host firewalld from the network with a vpn and other nodes " * 3
    prose = prose_of(enumerate([line] * 4000, 1))
    assert len(prose.text) < 110_000
    assert list(hints_in(prose, hints(), has_failure=True, fill=_FILL)) is not None
