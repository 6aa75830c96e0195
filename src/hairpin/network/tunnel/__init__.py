"""Links whose peer is on another host: ``tunnels`` (vxlan and the like), ``wireguard``, ``flannel``."""
