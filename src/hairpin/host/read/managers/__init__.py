"""The managers of a host, their files and versions, and the cloud in which the host runs.

``managing`` is the entry; it also reads units, versions and the plans of hairpin.  The other formats: ``assignments``
(``KEY=value``), ``firewalld_runtime`` and ``firewalld_xml``, ``rule_tools_text``, ``cloud``.
"""
