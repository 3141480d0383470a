"""The road to the server: what goes over the wire, the client, and the sender that empties the outbox."""
