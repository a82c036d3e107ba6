"""Settings about people: who may make an account, how they sign in, and how often they may try."""

from __future__ import annotations

from typing import Any

from config import env

env.refuse("SIGNUP_OPEN", "set SIGNUP=open or SIGNUP=invite.")
env.refuse("EMAIL_VERIFICATION", "an address counts once it is confirmed, and never before.")

#: Who may make an account: whoever was invited, or anybody.
SIGNUP = env.choice("SIGNUP", "invite", ("invite", "open"))

#: What X-Forwarded-For and X-Forwarded-Proto are believed from, right to left.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", "127.0.0.1,::1")

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "teams.signin.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "teams.pages.account.forms.LoginForm",
    "signup": "teams.pages.account.forms.SignupForm",
    "add_email": "teams.pages.account.forms.AddEmailForm",
    "change_password": "teams.pages.account.forms.ChangePasswordForm",
    "set_password": "teams.pages.account.forms.SetPasswordForm",
    "reset_password": "teams.pages.account.forms.ResetPasswordForm",
    "reauthenticate": "teams.pages.account.forms.ReauthenticateForm",
    "reset_password_from_key": "teams.pages.account.forms.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Only where it is "mandatory" does allauth never tell whether an address is known. Who may come in
# before it is confirmed all the same, `teams.signin.stages` decides.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True  # a new address replaces the old one once it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password, address or second factor
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before an address or a second factor changes
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa", "link")
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, and in no other
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_RATE_LIMITS: dict[str, Any] = {
    # Wrong passwords and codes are counted by `teams.signin.limits`, which also says why so.
    "login_failed": None,
    "signin_pair": "5/5m/key",
    "signin_device": "10/5m/key",
    "signin_account": "50/5m/key",
    "signin_address": "30/5m/ip",
    "signin_spared": "1/5m/key",
    "signin_spared_in_all": "30/m/ip",
    "signin_link": "20/5m/ip",
    "login": None,
    # Against floods; an account made costs a slow hash.
    "signup": "20/m/ip",
    "reset_password": "60/m/ip",
    "reset_mail": "5/h/key",
    "confirm_email": "1/3m/key",
}

# Second factors: passkeys, codes of an app, and codes for the day on which both are lost.
MFA_ADAPTER = "teams.signin.second_factors.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "teams.pages.account.second_factor_forms.AuthenticateForm",
    "reauthenticate": "teams.pages.account.second_factor_forms.ReauthenticateForm",
    "activate_totp": "teams.pages.account.second_factor_forms.ActivateTotpForm",
    "add_webauthn": "teams.pages.account.second_factor_forms.AddPasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Signals"
MFA_TOTP_TOLERANCE = 1  # clocks of phones go wrong by half a minute
# An unconfirmed address is one whose person somebody let in: no stranger can lock them out.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}

# Another system says who somebody is.
OIDC_LOGIN_ISSUER = env.text("OIDC_LOGIN_ISSUER").rstrip("/")
OIDC_LOGIN_NAME = env.text("OIDC_LOGIN_NAME", "Single sign-on")
OIDC_LOGIN_CLIENT_ID = env.text("OIDC_LOGIN_CLIENT_ID")
OIDC_LOGIN_CLIENT_SECRET = env.text("OIDC_LOGIN_CLIENT_SECRET")
SOCIALACCOUNT_ADAPTER = "teams.signin.single_sign_on.SingleSignOnAdapter"
# An account is found by an address that the other system says it has confirmed.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
# A form may lead to our own addresses alone, so a link does; `state` guards the way back.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_LOGIN_NAME,
                "client_id": OIDC_LOGIN_CLIENT_ID,
                "secret": OIDC_LOGIN_CLIENT_SECRET,
                # No more of a person than is needed to find the account.
                "settings": {"server_url": OIDC_LOGIN_ISSUER, "scope": ["openid", "email"]},
            }
        ]
        if OIDC_LOGIN_ISSUER
        else []
    }
}
