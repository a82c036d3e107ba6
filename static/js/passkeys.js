// Pages with passkeys: their buttons where the browser knows passkeys, and what went wrong in words.
// The ceremony itself is allauth's (mfa/js/webauthn.js), which tells of a failure by an event.
(() => {
  for (const button of document.querySelectorAll("[data-with-passkeys]"))
    button.hidden = !window.PublicKeyCredential;
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
    place.querySelector("span").textContent =
      WORDS[event.detail.exception.name] || "The passkey did not work. Try again.";
    place.hidden = false;
  });
})();
