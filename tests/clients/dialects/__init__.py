"""How four vendors' servers say the same things.

Each dialect has four functions: `said(body)` → messages as (role, text), roles "user", "tool" or
any other; `whole(reply, model, body)`; `streamed(reply, model, body)` → events; `error()`.
"""
