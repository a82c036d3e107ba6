// Small conveniences, all by data attribute; every page works without them.
(() => {
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) act(found, event);
    });

  // <button data-copy="#id"> copies the text of an element.
  on("click", "[data-copy]", async (button) => {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent.trim());
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = before), 1500);
  });

  // <button data-dismiss> removes the toast that it stands in.
  on("click", "[data-dismiss]", (button) => button.closest("[data-dismissable]").remove());

  // <select data-submit> sends its form when changed; the form's own button serves without this.
  on("change", "[data-submit]", (input) => input.form.requestSubmit());
  const fit = () => {
    for (const button of document.querySelectorAll("[data-without-js]")) button.hidden = true;
    for (const button of document.querySelectorAll("[data-with-js]")) button.hidden = false;
  };
  fit();
  document.addEventListener("htmx:afterSwap", fit);
  document.addEventListener("refreshed", fit);

  // <button data-open="#dialog"> and <button data-close> drive native dialogs.
  on("click", "[data-open]", (button) => document.querySelector(button.dataset.open).showModal());
  on("click", "[data-close]", (button) => button.closest("dialog").close());

  // An open menu (<details data-menu>) closes on a click elsewhere and on Escape.
  const close = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]"))
      if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => close(event.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (event) => event.key === "Escape" && close(null));

  // What refreshes itself rests while nobody looks.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.hasAttribute("data-live")) event.preventDefault();
  });

  // An invalid form answers 422 with its own fragment: show it where the form stands.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
})();
