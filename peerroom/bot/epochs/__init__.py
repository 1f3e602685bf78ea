"""Names that change: the pure registrar, carried out on a real server."""
