"""Processes: how gunicorn's connections reach the application."""
