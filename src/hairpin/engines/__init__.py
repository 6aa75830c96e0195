"""What a container engine programs into a host: state of its containers and networks in, expected rules out."""
