"""A terminal for scanning serial numbers onto sales documents while goods are shipped."""
