"""What a scan means: a document, an item, or a serial. Knows only the rulebook."""
