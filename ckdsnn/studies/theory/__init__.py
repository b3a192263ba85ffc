"""What can be proved about the two losses, and how near the measured comes to it."""
