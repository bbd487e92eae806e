"""What the templates of all apps may use."""
