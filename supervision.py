"""supervisord, of whose programs none misses the signal that stops it: `python -m supervision` takes what it takes."""

from supervisor import supervisord

from lifetime import keep_stops_for_children

if __name__ == "__main__":
    # Else it is lost between a program's fork and its exec, and supervisord waits half a minute before it kills.
    keep_stops_for_children()
    supervisord.main()
