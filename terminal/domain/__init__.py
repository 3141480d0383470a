"""The rulebook as code: pure, standard library only, shared by the terminal and the backend.

It is a room of its own so that both programs say the same: the terminal asks it before it writes a
scan down, and the backend asks the very same functions as the authority.
"""
