"""Managers of the host: ``managing`` is the entry; firewalld, ufw, units, versions, configuration files, the cloud."""
