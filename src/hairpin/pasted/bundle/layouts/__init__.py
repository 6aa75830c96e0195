"""The layouts of support bundles, one module a tool."""
