"""OMAC, the Online Memory Access Coordinator: everything that is remembered goes in and out here."""
