"""Links whose other end is on another host: ``tunnels`` (vxlan and its like), ``wireguard``, ``flannel``."""
