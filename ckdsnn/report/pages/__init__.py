"""Pages of the book, and parts of pages, that are made from records, as Markdown."""
