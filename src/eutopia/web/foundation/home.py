"""The folder where one installation keeps its database, keys and uploads.

Nothing in it comes from the repository, and nothing of it goes there. Keys are made on first use,
readable by their owner only, and written so that two processes starting at once agree on one key.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from eutopia.web.foundation.hindrance import Hindrance


def default_home() -> Path:
    """Where does an installation live when nobody says otherwise?

    Returns
    -------
    Path
        `/var/lib/eutopia` for root (root's own folder is closed to the database's user),
        else the platform's folder for a user's data.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/eutopia")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "eutopia"
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/share") / "eutopia"


def prepare_home(home: Path) -> Path:
    """Make the folder if it is absent and prove that it can be written to.

    Raises
    ------
    Hindrance
        Where it cannot be made or written to; the message names the folder and the way out.
    """
    try:
        # As root, the database's own user must be able to pass through, but not to look around.
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise Hindrance(
            f"The folder {home} cannot be written to ({error.strerror}). "
            "Set EUTOPIA_HOME to a folder of your own, or mend its permissions."
        ) from None
    return home


def read_key(
    home: Path, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(50)
) -> str:
    """Read a key of this installation, making it on first use.

    Parameters
    ----------
    home
        The installation's folder, which must exist.
    name
        File name under `keys/`.
    make
        Gives a fresh key; called only where there is none yet.

    Notes
    -----
    The file is written beside its place and linked into it, which fails if another process was
    first: both then read the same key.
    """
    folder = home / "keys"
    path = folder / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            handle, fresh = tempfile.mkstemp(dir=folder)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                Path(fresh).unlink()
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Hindrance(
            f"The key {path} cannot be read or made ({error.strerror}). "
            "It must belong to the user who runs Eutopia."
        ) from None
