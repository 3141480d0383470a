"""The steps from one version of the tables to the next, run by `server-stub init` and `server-stub upgrade`."""
