"""How long a project keeps what: traces, their texts, labels, and explanations.

`periods` says what is kept for how long, `steps` lets something go a little at a time (later apps
enter their own), `retaining` is what pages and the task call. RETENTION_DAYS, of the whole
installation, is `traces/store/retention.py`.
"""
