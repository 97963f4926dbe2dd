"""A worker: it runs items, and says what happened."""
