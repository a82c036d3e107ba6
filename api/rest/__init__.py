"""REST, `/api/v1/`: each operation validates, calls the verb that the page calls, and answers."""
