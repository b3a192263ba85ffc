"""What a record holds of a trained network: its accuracy, firing rates and energy, and its maps on a gallery."""
