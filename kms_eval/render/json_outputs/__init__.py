"""The JSON output of each command: its members, their types and meanings; and the JSON Schemas made from them."""
