"""Runs the command line as ``python -m hairpin``."""

from hairpin.cli.main import main

if __name__ == "__main__":
    main()
