"""What stands out in a person's own figures, with the records it stands on."""
