"""Backups: one encrypted file that holds the database and the keys that open what is sealed in it.

`sealed_stream` is the file's format, `manifest` what it says of itself, `making` and `restoring`
the two verbs, `scheduled` the process that makes backups when they are due.
"""
