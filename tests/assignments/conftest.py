"""Masters are notebooks: they are read and executed by the tests, and not collected."""

collect_ignore_glob = ["masters/*"]
