"""The process that holds a circle's round keys, and the bot's side of the pipe to it."""
