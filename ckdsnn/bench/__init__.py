"""What the training step costs: measured against the released form of it, and against what the device could do."""
