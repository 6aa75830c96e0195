"""Formats of iproute2, /proc/net and /sys: a file for each document, JSON and text apart."""
