"""What we may change outside: effects, approvals, one outbox, its executor and the audit."""
