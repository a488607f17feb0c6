"""How the SQLite database is backed up: whole, as of one moment, while others write."""

from pathlib import Path

from models import stores
from models.copies.drafts import drafted
from models.copies.sound import CopyFault, applied, check, opened, said_in_a_sentence


def back_up(file: Path) -> None:
    """Write a copy of all that is committed to a new file; CopyFault if it can't be, and then there is none."""
    settings = stores.opened.settings
    if not settings.on_sqlite:
        raise CopyFault("On Postgres, pg_dump makes backups; docs/backup.md has the commands.")
    if file.exists():
        raise CopyFault(f"{file} is there already; name a new file.")
    place = Path(settings.sqlite_path)
    with said_in_a_sentence(f"{place} can't be copied to {file}"), drafted(file) as draft:
        with opened(place, "rw") as source:
            # What SQLite says of a damaged one is clearer here than below.
            applied(source)
            # It reads as of one moment, and in WAL mode keeps nobody from writing.
            source.execute("VACUUM INTO ?", (str(draft),))
        with opened(draft) as copy:
            check(copy, draft)
