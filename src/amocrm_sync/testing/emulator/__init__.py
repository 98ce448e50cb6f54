"""A deterministic in-memory amoCRM: requests in, responses and webhooks out, no sockets."""
