"""Planted bugs: each is put into a copy of the tree, and the test that must see it is run there (``make mutants``)."""
