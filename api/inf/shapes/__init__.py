"""What the procedures answer: plain values by the names that the client reads."""
