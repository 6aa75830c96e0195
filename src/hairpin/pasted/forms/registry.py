"""The forms in the order in which they are tried at a line."""

from hairpin.pasted.form import Form
from hairpin.pasted.forms import (
    connect_words,
    curl_words,
    docker_tables,
    ip_text,
    iptables_listing,
    iptables_save,
    json_documents,
    library_words,
    ping_words,
    sysctl_lines,
    tcpdump_lines,
)

FORMS: tuple[Form, ...] = (
    *iptables_save.FORMS,
    *iptables_listing.FORMS,
    *ip_text.FORMS,
    *sysctl_lines.FORMS,
    *docker_tables.FORMS,
    *json_documents.FORMS,
    *curl_words.FORMS,
    *connect_words.FORMS,
    *ping_words.FORMS,
    *tcpdump_lines.FORMS,
    *library_words.FORMS,
)
