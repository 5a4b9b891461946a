"""Making activities and editions: create, clone, publish, slots by rule, questions from the library."""
