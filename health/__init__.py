"""`/health`: whether the service reaches what it needs. It asks for no credentials."""
