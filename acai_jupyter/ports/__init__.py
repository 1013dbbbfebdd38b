"""What the platform needs from outside, as protocols. Each states what it guarantees and which errors it raises."""
