"""The service in a container or on the host."""
