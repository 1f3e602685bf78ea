"""The command line: one file a command; each imports what it starts only when it starts it."""


def main() -> None:
    """Run ``peerroom``."""
    raise SystemExit("not built yet")
