"""What the answer says beside the flows.  Read ``copied_servers`` (containers whose copy of the host's name servers is
older than the host's present ones)."""
