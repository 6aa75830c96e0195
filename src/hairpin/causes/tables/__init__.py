"""A kernel table is full, or an entry in a kernel table stops or diverts the flow."""
