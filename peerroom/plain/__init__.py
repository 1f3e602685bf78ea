"""The linear client: one event a line, for screen readers, pipes and scripts."""
