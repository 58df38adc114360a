"""What a question about figures means: plain English becomes a `Query`, or is asked back."""
