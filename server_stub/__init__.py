"""The reference backend: the same rules as the terminal, as the authority, over a real database."""
