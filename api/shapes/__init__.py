"""What the doors answer: plain values made of what the verbs return. REST and MCP share them.

Each module has schemas and functions `…_of` that make them; times have a zone, rates are fractions,
money is US dollars, and `url` is the page of the thing.
"""
