"""The forms in the order in which they are tried at a line."""

from hairpin.pasted.form import Form
from hairpin.pasted.forms import docker_tables, ip_text, iptables_listing, iptables_save, json_documents, nft_ruleset, sysctl_lines

FORMS: tuple[Form, ...] = (
    *iptables_save.FORMS,
    *iptables_listing.FORMS,
    *nft_ruleset.FORMS,
    *ip_text.FORMS,
    *sysctl_lines.FORMS,
    *docker_tables.FORMS,
    *json_documents.FORMS,
)
