"""What `make` calls: the environment, the book, the npm packages, the notebook twins."""
