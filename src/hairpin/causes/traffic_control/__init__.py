"""Traffic control of a link takes the packet: its queueing discipline or one of its filters."""
