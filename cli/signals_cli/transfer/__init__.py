"""Files that go to the server and come from it, piece by piece."""
