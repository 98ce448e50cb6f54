"""What answers each route; a module is loaded when its first request comes."""
