"""The web: HTTP API, the page, and the service that holds everything together."""
