"""Namespaces, devices and wires of one or many hosts joined into one graph; flows; routing."""
