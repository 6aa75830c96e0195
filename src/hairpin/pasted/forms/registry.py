"""The forms in the order in which they are tried at a line."""

from hairpin.pasted.form import Form
from hairpin.pasted.forms import (
    bridge_text,
    docker_tables,
    ip_json,
    ip_text,
    iptables_listing,
    iptables_save,
    json_documents,
    kernel_lists,
    net_tools,
    nft_ruleset,
    socket_tables,
    sysctl_lines,
)

FORMS: tuple[Form, ...] = (
    *iptables_save.FORMS,
    *iptables_listing.FORMS,
    *nft_ruleset.FORMS,
    *bridge_text.FORMS,
    *ip_text.FORMS,
    *ip_json.FORMS,
    *net_tools.FORMS,
    *kernel_lists.FORMS,
    *socket_tables.FORMS,
    *sysctl_lines.FORMS,
    *docker_tables.FORMS,
    *json_documents.FORMS,
)
