"""The receiver: what runner pods and the database tell the operator, kept by run, in memory."""
