"""The homeserver, run as a child process."""
