"""What this terminal remembers: each event on disk before its verdict, what they add up to, and what is to send."""
