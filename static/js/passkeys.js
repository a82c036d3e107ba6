// Pages with passkeys: their buttons where the browser knows passkeys, the ceremony of a form, and
// what went wrong in words. The ceremony is allauth's (mfa/js/webauthn.js); a failure is an event.
(() => {
  for (const button of document.querySelectorAll("[data-with-passkeys]"))
    button.hidden = !window.PublicKeyCredential;

  // <form data-passkey="addForm" data-credential="id of the hidden input"> with #use_passkey in it.
  const form = document.querySelector("form[data-passkey]");
  if (form && window.allauth) {
    const { passkey, credential, passwordless } = form.dataset;
    const ids = { add: "use_passkey", authenticate: "use_passkey", credential, data: "passkey_data" };
    if (passwordless) ids.passwordless = passwordless;
    window.allauth.webauthn.forms[passkey]({ ids });
  }

  const WORDS = {
    NotAllowedError: "The browser made or showed no passkey: it was cancelled, or took too long.",
    InvalidStateError: "This device has a passkey for your account already.",
    NotSupportedError: "This device cannot keep passkeys.",
    SecurityError: "Passkeys work only at the address that this server calls its own.",
  };
  document.addEventListener("allauth.error", (event) => {
    const place = document.querySelector("[data-passkey-error]");
    if (!place) return;
    event.preventDefault();
    const words = WORDS[event.detail.exception.name] || "The passkey did not work. Try again.";
    place.querySelector("span").textContent = words;
    place.hidden = false;
  });
})();
