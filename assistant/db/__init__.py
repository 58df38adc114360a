"""Tables and questions: one file of questions per subject. Only this room writes SQL."""
