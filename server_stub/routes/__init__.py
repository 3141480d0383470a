"""The routes, one file per thing a terminal asks for."""
