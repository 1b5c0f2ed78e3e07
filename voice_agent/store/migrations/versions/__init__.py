"""One module a revision; a shipped one is never changed."""
