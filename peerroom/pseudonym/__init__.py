"""Names and epochs: who one is in a room."""
