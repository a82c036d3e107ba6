"""Scores that clients of Langfuse send: what people and programs remark on traffic.

A score whose name is a known signal's stands beside that signal's label. It is no label: no
count, chart, alert or denominator knows it.
"""
