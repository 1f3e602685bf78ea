"""PeerRoom: encrypted rooms under a name that is only yours here, with help one key away."""

__version__ = "0.1.0"
