"""Links whose peer is on another host: ``tunnels`` (vxlan and the like), ``wireguard``; and ``inner``, a
VPN that a container made for itself."""
