"""A homeserver of one's own: Synapse as a child process, for demo, tests and small hosts."""
