"""Erasing the traffic of a person, a session or a trace, so that no row of it is left.

`subjects` says what is meant, `finding` which traces and sessions that is, `rows` deletes them,
`extensions` lets later apps delete what they keep of them, `erasures` is the work from the request
to the record of it.
"""
