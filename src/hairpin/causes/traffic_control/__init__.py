"""Traffic control drops or redirects the packet: a link's queueing discipline, or a filter of the link."""
