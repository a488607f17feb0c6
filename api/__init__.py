"""The HTTP application: routes, what surrounds every request, and how errors are said."""
