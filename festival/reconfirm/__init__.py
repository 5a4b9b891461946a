"""Asking those who hold a place, some days before, whether they are still coming. 再次确认"""
