"""A real LLM of 135M parameters: aligned, converted to a reasoning model dose by dose, and audited."""
