"""The terminal client, drawn with Textual."""
