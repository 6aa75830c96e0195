"""The command-line options or commands for facts that hairpin lacks."""

from hairpin.wanted import Fact, Wanted

_FORMS: dict[Fact, str] = {
    "host-read": "--host {0}",
    "public-stated": "--public {0}{1}{2}",
    "return-route-stated": '--outside FILE, with [[return_route]] network = "{0}"',
    "port-asked": "hairpin check {0}/{1}",
    "container-asked": "hairpin check {0}:{1}",
    "client-asked": "--from {0}",
    "address-asked": "hairpin check {0}:{1} --from host",
    "neighbour-asked": "ping -c 1 -I {1} {0}; ip neigh show {0} dev {1}",
    "size-asked": "--size {0}",
    "long-answers-asked": "ping -c 3 -s {1} {0}",
    "download-asked": "{0}curl -m 20 -o /dev/null URL_OF_A_LARGE_FILE",
    "route-asked": "{1}ip -6 route get {0}",
    "forwarded-route-asked": "ip route get {0} from {1} iif {2}",
    "link-asked": "nsenter -t {0} -n ip -d link show {1}",
    "frames-watched": "tcpdump -eni {0} 'ether dst {1}'",
    "hardware-address-asked": "{0}",
    "log-read": "{0}",
    "packets-watched": "tcpdump -ni {0} '{1}'",
    "rule-watched": "{0}",
    "control-watched": "{1}tc -s qdisc show dev {0}; {1}tc -s filter show dev {0} ingress",
    "port-watched": "tcpdump -ni any '{0}'",
    "peer-stated": '--outside FILE, with [[peer]] network = "{0}", link = "{1}", accepts = ["{2}"]',
}


def option_of(wanted: Wanted) -> str:
    """Return the option, command or ``--outside`` table with which a user supplies the missing fact."""
    return _FORMS[wanted.fact].format(*_words(wanted))


def _words(wanted: Wanted) -> tuple[str, ...]:
    if wanted.fact == "public-stated":
        public, private, host = wanted.of
        return public, f"={private}" if private else "", f"@{host}" if host else ""
    if wanted.fact == "hardware-address-asked":
        address, link = wanted.of
        return (f"ndisc6 -1 {address} {link}" if ":" in address else f"arping -c 1 -I {link} {address}",)
    unknown = {"host-read": "NODE", "container-asked": "NAME"}.get(wanted.fact, "")
    return (wanted.of[0] or unknown, *wanted.of[1:])
