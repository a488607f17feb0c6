"""What manage.py can do, by what it is about."""
