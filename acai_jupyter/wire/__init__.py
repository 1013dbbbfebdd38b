"""Domain to JSON and back, for the server and the client. Readers ignore fields that they don't know."""
