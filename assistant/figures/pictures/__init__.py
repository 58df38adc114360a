"""Charts: which picture suits a question, for the web chat and as PNG."""
