"""The layouts of support bundles, one module for each tool.

``sos``, ``supportconfig``, ``named_files`` (Rancher's, MicroK8s').  ``any_files`` reads a bundle of unknown layout.
"""
