"""The layouts of support bundles, one module a tool.

``sos``, ``supportconfig``, ``named_files`` (Rancher, MicroK8s), and ``any_files`` for a bundle of no known layout.
"""
