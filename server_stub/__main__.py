"""`server-stub` and `python -m server_stub`."""

from __future__ import annotations

import sys

from server_stub.cli import run


def main() -> None:
    """Run the command line and end with its status."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
