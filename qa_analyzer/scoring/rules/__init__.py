"""Rule kinds: each is a pydantic model with its fields and its ``judge``; ``union`` lists them."""
