"""Requests that nobody thought of: schemathesis sends what the OpenAPI document allows, and what it does not."""
