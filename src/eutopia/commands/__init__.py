"""The subcommands of `eutopia`, one module each, imported only when called."""
