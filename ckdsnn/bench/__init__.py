"""What the training step costs: against its released form, spikingjelly's plain loop and what the device could do."""
