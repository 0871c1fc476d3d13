"""One worker, as a process of its own: `python -m eutopia.web.config.worker`."""

from __future__ import annotations

from eutopia.web.config.server import end_with_parent
from eutopia.web.config.site import load_settings


def main() -> None:
    """Do jobs until told to stop; the database must be running already."""
    load_settings()
    from eutopia.web.foundation.jobs import run_worker

    end_with_parent()
    run_worker()


if __name__ == "__main__":
    main()
