"""What conditions can be met at all: sets of request values, and a request that lies in them or a proof of none."""
