"""What the JSON of each verb has: its members, their types and what they mean; and the JSON Schemas made of them."""
