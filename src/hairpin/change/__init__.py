"""A change is one thing: simulated on a network, carried out on a host, undone."""
