"""Two hosts, or one host at two times: what differs, and which of the differences decide which flow.  Pure."""
