"""The moderator bot's runtime."""
