"""What studies of trained networks say: a figure, a table and sentences for each kind of study."""
