"""What a moderator bot decides, as pure functions."""
