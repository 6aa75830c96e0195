"""The words that point to names that nobody resolves: a network of Podman without a name server, links that a container
did not get when it was made, and a host that names no server for its containers."""

from hairpin.message import message
from hairpin.suppose.hints.hint import Hint, words

_BY_NAME = (
    r"(?a:\b(?:by|using|with|via|use) (?:the |its |their |a )?(?:container(?:'s)?|service(?:'s)?|host)?[ -]?names?\b"
    r"|\b(?:container|service|host) ?names? (?:does|do|did|is|are|was|can)(?: not|n't|not)\b"
    r"|\bresolv\w*[^\n.]{0,30}\bnames?\b|\bnames?\b[^\n.]{0,30}\bresolv\w*)"
    r"|(?:用|通过|使用)(?:容器|服务)?名"
)
_BY_ADDRESS = (
    r"(?a:\b(?:by|via|using|with|over|through|to) (?:the |its |an? |their )?(?:container(?:'s)? )?ip(?: ?v4)?"
    r"(?: ?address(?:es)?)?\b[^\n]{0,40}\b(?:works?|worked|fine|ok|succeeds?|is possible|no problem)\b"
    r"|\bip(?: ?address(?:es)?)? works?\b|\bworks? (?:fine |well )?(?:by|via|using|with|over|through|to) "
    r"(?:the |its |an? |their )?ip\b)"
    r"|(?:用|通过|使用) ?ip[^\n，。]{0,10}(?:可以|正常|没问题|能)"
)

NAMES: tuple[Hint, ...] = (
    Hint(
        says=(
            words(r"8\.8\.8\.8\b[^\n]{0,60}(?:\n[^\n]{0,60})?8\.8\.4\.4\b|2001:4860:4860::8888"),
            words(
                r"(?a:resolv\.conf\b[^\n.]{0,60}\b(?:empty|blank|no nameservers?|nothing in it|has no)\b"
                r"|\b(?:empty|blank)\b[^\n.]{0,30}resolv\.conf\b|\bno non-localhost dns nameservers\b)"
                r"|resolv\.conf[^\n\u3002]{0,20}(?:\u7a7a|\u6ca1\u6709)"
            ),
        ),
        weight=30,
        command="cat /etc/resolv.conf; docker exec CONTAINER cat /etc/resolv.conf; cat /etc/docker/daemon.json",
        shows=message("the host's file names no server, and the container's names 8.8.8.8 and 8.8.4.4"),
        means=message(
            "If the host's resolv.conf names no server that a container reaches, Docker writes 8.8.8.8 and 8.8.4.4 "
            "into the container's. Where these are out of reach, name your own servers: `dns` in daemon.json, or "
            "--dns, or a server in the host's resolv.conf"
        ),
    ),
    Hint(
        says=(words(r"\bpodman"), words(_BY_NAME), words(_BY_ADDRESS)),
        unless=words(r"\b(?:aardvark|dnsname)\b[^\n]{0,60}\b(?:running|installed|listening)\b"),
        cause="default-bridge-has-no-names",
        weight=28,
        command="podman network inspect $(podman network ls -q) | grep -i dns; ls /usr/libexec/cni /opt/cni/bin; "
        "command -v aardvark-dns",
        shows=message("dns_enabled is false, or neither the plug-in dnsname nor aardvark-dns is there"),
        means=message(
            "A network of Podman resolves names only if dns_enabled is true: with CNI this takes the plug-in dnsname "
            "(package podman-plugins), with netavark the program aardvark-dns. A network that was made without it has "
            "to be made anew, and the default network never has it"
        ),
    ),
    Hint(
        says=(
            words(r"\blinks?:\s|--link\b|\blinked\b|\blinks?\b"),
            words(
                r"(?a:\b(?:edit|chang|add|updat|modif)\w*\b[^\n]{0,60}\b(?:ya?ml|compose|file|link)"
                r"|\b(?:then|now) (?:I )?(?:added|edited|changed)\b)"
                r"|(?:修改|编辑|添加)[^\n]{0,20}(?:compose|yml|yaml|link)"
            ),
            words(
                r"name or service not known|could(?: not|n't) resolve|bad address|unknown host|no such host|ENOTFOUND"
                r"|temporary failure in name"
            ),
            words(r"\bup -d\b|\brestart\b|\bstop\b"),
        ),
        unless=words(r"\b(?:rm -f|--force-recreate|down)\b"),
        weight=30,
        command="docker compose ps -a; docker inspect --format '{{.Created}} {{.HostConfig.Links}}' CONTAINER; "
        "docker exec CONTAINER cat /etc/hosts",
        shows=message("the container was created before the link was written into the file"),
        means=message(
            "A container gets its links when it is created, and a restart keeps them: recreate it (`docker compose up "
            "-d --force-recreate`, before Compose 1.5 `docker-compose rm` first), or put both on one network, which "
            "needs no links"
        ),
    ),
)
