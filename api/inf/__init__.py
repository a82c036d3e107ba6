"""The door of the vendor's own command line, unmodified: its procedures, answered by our verbs.

`wire` is how calls come in and answers go out, `given` reads what was sent, `words` has every
enumeration that is called otherwise there, `routers/` has a module for each group of procedures
and `shapes/` what they answer. docs/inf.md says what works.
"""
