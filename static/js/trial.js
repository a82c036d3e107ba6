// The test dialog: htmx fetches its content, this opens it. Without this file "Test" is a page.
(() => {
  const tidy = (root) => {
    for (const button of root.querySelectorAll("[data-without-js]")) button.hidden = true;
  };

  // What cannot be tried is said at its field as well, until the next try.
  const mend = (part) => {
    for (const old of document.querySelectorAll("[data-said-by-try]")) old.remove();
    for (const field of document.querySelectorAll("[data-refused-by-try]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("data-refused-by-try");
    }
    for (const link of part.querySelectorAll("[data-try-error]")) {
      const field = document.querySelector(link.getAttribute("href"));
      if (!field) continue;
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("data-refused-by-try", "");
      const said = document.createElement("p");
      said.className = "error";
      said.dataset.saidByTry = "";
      said.textContent = link.parentElement.querySelector("span").textContent;
      field.after(said);
    }
  };

  document.addEventListener("htmx:afterSwap", (event) => {
    const part = document.getElementById("trial");
    if (!part) return;
    tidy(part);
    mend(part);
    const dialog = part.closest("dialog");
    if (dialog && !dialog.open && event.detail.requestConfig.elt.hasAttribute("data-opens-test"))
      dialog.showModal();
    if (part.querySelector("[role=alert]")) part.scrollIntoView({ block: "nearest" });
  });

  // A closed dialog asks for nothing more, and begins anew when it is opened again.
  for (const dialog of document.querySelectorAll(".trial-dialog"))
    dialog.addEventListener("close", () => {
      dialog.innerHTML = '<section id="trial"></section>';
    });
})();
