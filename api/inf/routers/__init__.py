"""The procedures, a module for each group; what each answers, it asks of a verb."""
