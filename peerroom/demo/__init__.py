"""The scripted world: a homeserver, the bot, and members marked *simulated*."""
