"""The waist: a message goes in, events come out, and in between code decides and the model phrases."""
