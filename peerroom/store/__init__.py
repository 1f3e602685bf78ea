"""The vault: everything that is kept, in one encrypted database."""
