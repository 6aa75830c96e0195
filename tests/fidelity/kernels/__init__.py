"""The hunt and the replicas on Debian's stock kernels, each booted under qemu with this machine's own files."""
