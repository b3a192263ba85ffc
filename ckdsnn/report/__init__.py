"""From records and arrays to figures and tables; it knows records alone, never networks."""
