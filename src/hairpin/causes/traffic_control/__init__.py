"""Traffic control of a link drops or redirects the packet: its queueing discipline or one of its filters."""
