"""What a training step costs on this and that machine: bench records in; figures, tables and sentences out."""
