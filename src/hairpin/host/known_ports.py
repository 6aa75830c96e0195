"""Ports on which a service of the host itself usually listens, and the units that run this service.

A user chooses a container's published port; ``sshd`` has to listen on the port that every client expects.  Source:
/etc/services, and the unit files of Debian, Fedora, openSUSE and Alpine.  Also the ports of well-known images, from
``EXPOSE`` in their Dockerfiles.
"""

from typing import Literal

import msgspec


class KnownPort(msgspec.Struct, frozen=True):
    """A service: the name that /etc/services gives its port, and the names of the units that run it."""

    name: str
    units: tuple[str, ...]

    @property
    def serves_pages(self) -> bool:
        """Whether the service is a web server, which containers publish at any port."""
        return self.name in ("http", "https")


_TCP: dict[int, KnownPort] = {
    21: KnownPort("ftp", ("vsftpd", "proftpd", "pure-ftpd")),
    22: KnownPort("ssh", ("ssh", "sshd", "dropbear")),
    25: KnownPort("smtp", ("postfix", "exim4", "exim", "opensmtpd", "sendmail")),
    53: KnownPort("domain", ("named", "bind9", "dnsmasq", "unbound", "pdns", "systemd-resolved")),
    80: KnownPort("http", ("nginx", "apache2", "httpd", "caddy", "haproxy", "lighttpd")),
    111: KnownPort("sunrpc", ("rpcbind",)),
    139: KnownPort("netbios-ssn", ("smbd", "smb", "samba")),
    143: KnownPort("imap2", ("dovecot",)),
    389: KnownPort("ldap", ("slapd",)),
    443: KnownPort("https", ("nginx", "apache2", "httpd", "caddy", "haproxy", "lighttpd")),
    445: KnownPort("microsoft-ds", ("smbd", "smb", "samba")),
    587: KnownPort("submission", ("postfix", "exim4", "exim")),
    631: KnownPort("ipp", ("cups",)),
    873: KnownPort("rsync", ("rsync", "rsyncd")),
    993: KnownPort("imaps", ("dovecot",)),
    2049: KnownPort("nfs", ("nfs-server", "nfs-kernel-server")),
    3306: KnownPort("mysql", ("mariadb", "mysql", "mysqld")),
    3389: KnownPort("ms-wbt-server", ("xrdp",)),
    5432: KnownPort("postgresql", ("postgresql",)),
    5672: KnownPort("amqp", ("rabbitmq-server",)),
    6379: KnownPort("redis", ("redis-server", "redis", "valkey")),
    9090: KnownPort("cockpit or prometheus", ("cockpit", "prometheus")),
    9100: KnownPort("node-exporter", ("prometheus-node-exporter", "node_exporter")),
    10050: KnownPort("zabbix-agent", ("zabbix-agent", "zabbix-agent2")),
    11211: KnownPort("memcached", ("memcached",)),
    27017: KnownPort("mongodb", ("mongod", "mongodb")),
}
_UDP: dict[int, KnownPort] = {
    53: _TCP[53],
    67: KnownPort("bootps", ("isc-dhcp-server", "kea-dhcp4-server", "dhcpd", "dnsmasq")),
    69: KnownPort("tftp", ("tftpd-hpa", "dnsmasq")),
    123: KnownPort("ntp", ("chrony", "chronyd", "ntp", "ntpd", "ntpsec")),
    161: KnownPort("snmp", ("snmpd",)),
    443: _TCP[443],
    514: KnownPort("syslog", ("rsyslog", "syslog-ng")),
    1194: KnownPort("openvpn", ("openvpn",)),
    51820: KnownPort("wireguard", ("wg-quick@wg0",)),
}

_OF_IMAGES: dict[str, tuple[int, ...]] = {
    "nginx": (80,), "httpd": (80,), "wordpress": (80,), "phpmyadmin": (80,), "caddy": (80, 443),
    "mariadb": (3306,), "mysql": (3306,), "percona": (3306,),
    "postgres": (5432,), "postgis": (5432,), "timescaledb": (5432,), "pgvector": (5432,),
    "rabbitmq": (5672,), "redis": (6379,), "valkey": (6379,), "memcached": (11211,), "mongo": (27017,),
    "elasticsearch": (9200,), "opensearch": (9200,), "kibana": (5601,), "logstash": (9600,),
    "elasticsearch-oss": (9200,), "kibana-oss": (5601,), "logstash-oss": (9600,), "prometheus": (9090,),
    "grafana": (3000,), "influxdb": (8086,), "kafka": (9092,), "cp-kafka": (9092,), "zookeeper": (2181,),
    "eclipse-mosquitto": (1883,), "emqx": (1883,), "nats": (4222,), "etcd": (2379,), "consul": (8500,),
    "tomcat": (8080,), "jetty": (8080,), "jenkins": (8080,), "adminer": (8080,), "solr": (8983,), "neo4j": (7474, 7687),
    "cassandra": (9042,), "couchdb": (5984,), "clickhouse-server": (8123, 9000), "minio": (9000,), "registry": (5000,),
    "ghost": (2368,), "drupal": (80,), "joomla": (80,), "nextcloud": (80,), "gitea": (3000,), "adguardhome": (3000,),
    "sonarqube": (9000,), "ollama": (11434,), "mongo-express": (8081,), "redis-commander": (8081,),
    "pgbouncer": (5432,), "mailhog": (1025,),
}  # fmt: skip
"""TCP ports of the service of an image, by the image's name without registry and tag."""
_EVERY: dict[str, tuple[int, ...]] = {
    name: ports
    for names, ports in (
        ("redis|valkey|redis-stack-server|keydb", (6379,)), ("mysql|mariadb|percona", (3306, 33060)),
        ("postgres|postgresql|postgis|pgvector|timescaledb", (5432,)), ("mongo|mongodb", (27017,)),
        ("memcached", (11211,)), ("rabbitmq", (5672, 5671, 15672, 15671, 25672, 4369, 1883, 15692, 61613)),
        ("eclipse-mosquitto", (1883, 8883, 9001)), ("elasticsearch|opensearch", (9200, 9300, 9600)),
        ("kibana", (5601,)), ("zookeeper", (2181, 2888, 3888, 8080)), ("cassandra", (9042, 7000, 7001, 7199, 9160)),
        ("influxdb", (8086, 8088, 8083)), ("phpmyadmin", (80,)), ("adminer", (8080,)), ("couchdb", (5984, 4369, 9100)),
        ("neo4j", (7474, 7473, 7687)), ("httpd", (80,)), ("wordpress", (80, 9000)), ("nextcloud", (80, 9000)),
        ("mongo-express", (8081,)), ("redis-commander", (8081,)), ("pgadmin4", (80, 443)), ("mailhog", (1025, 8025)),
        ("grafana|grafana-oss", (3000,)), ("prometheus", (9090,)), ("portainer|portainer-ce", (8000, 9000, 9443)),
        ("etcd", (2379, 2380)), ("nats", (4222, 6222, 8222)), ("clickhouse-server", (8123, 9000, 9009, 9440, 9004)),
        ("jenkins", (8080, 50000)), ("sonarqube", (9000,)), ("ghost", (2368,)), ("tomcat", (8080, 8443, 8009)),
    )
    for name in names.split("|")
}  # fmt: skip
"""Every TCP port on which the service of a well-known image listens, unless somebody configures another port."""


def ports_of_image(image: str) -> tuple[int, ...]:
    """Return the TCP ports on which the service of a well-known image listens; none for another image."""
    name = _name_of(image)
    is_unprivileged = "bitnami/" in image and _OF_IMAGES.get(name, (_PRIVILEGED,))[0] < _PRIVILEGED
    return () if is_unprivileged else _OF_IMAGES.get(name, ())


def every_port_of_image(image: str) -> frozenset[int]:
    """Return each TCP port of the service of a well-known image, unless somebody configures another one; none for
    another image."""
    return frozenset(_EVERY.get(_name_of(image), ()))


def _name_of(image: str) -> str:
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0]


_PRIVILEGED = 1024
"""Bitnami's images run without root, and listen on no port below this one."""


def known_port(port: int, protocol: Literal["tcp", "udp", "icmp"]) -> KnownPort | None:
    """Return the service of the host that usually listens on the port; None if there is none."""
    return (_UDP if protocol == "udp" else _TCP).get(port)


def all_known() -> tuple[KnownPort, ...]:
    """Return all services that usually listen on a known port, each once."""
    return tuple(dict.fromkeys((*_TCP.values(), *_UDP.values())))
