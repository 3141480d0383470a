"""One file per step; each is only ever added."""
