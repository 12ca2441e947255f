"""Which conditions can be met at all: sets of request values, and a request in them or a proof that there is none."""
