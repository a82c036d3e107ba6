"""Each door says who acts: a person, a key or a program, and from where."""
