"""What the ports are made of: databases, object stores, buses and launchers, chosen by URL."""
