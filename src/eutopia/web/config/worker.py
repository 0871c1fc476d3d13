"""One worker, as a process of its own: `python -m eutopia.web.config.worker`."""

from __future__ import annotations

from importlib import import_module

from eutopia.web.config.server import end_with_parent
from eutopia.web.config.site import load_settings


def main() -> None:
    """Do jobs until told to stop; the database must be running already."""
    load_settings()
    from eutopia.web.foundation.jobs import run_worker
    from eutopia.web.reports.services import read_packs

    end_with_parent()
    # What takes seconds the first time is done before anybody waits for a job.
    import_module("highspy")
    read_packs()
    run_worker()


if __name__ == "__main__":
    main()
