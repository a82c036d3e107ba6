"""OAuth 2.1: programs that act for a person, in one project, as far as that person lets them.

django-allauth's `idp.oidc` speaks the protocol (registration of clients, codes, devices, tokens,
resource indicators). Here is what it cannot know: the project that a grant is for, what `read` and
`write` mean, and what a token opens.
"""
