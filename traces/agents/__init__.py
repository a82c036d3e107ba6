"""Which agents there are: folded together by what was seen, renamed and merged by people.

`merging` says that one agent is another from now on, and takes that back; `moving` lets its
traffic follow; `deciding` tells ids that are none from those that are; `rows` are the tables.
"""
