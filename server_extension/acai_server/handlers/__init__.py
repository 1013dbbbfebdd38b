"""REST and WebSocket handlers: a file a noun."""
