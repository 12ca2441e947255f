"""Who may do what: everybody's access to keys, and what a change changes."""
