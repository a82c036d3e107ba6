// Loaded in the head, before the first paint: a theme chosen on this browser wins over the system's.
(() => {
  const NEXT = { system: "light", light: "dark", dark: "system" };
  const root = document.documentElement;

  const chosen = () => {
    try {
      return localStorage.getItem("theme") || "system";
    } catch {
      return "system"; // storage may be switched off
    }
  };

  const apply = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    document.dispatchEvent(new CustomEvent("theme"));
  };

  const name = (button) => {
    button.hidden = false;
    button.querySelector("[data-theme-name]").textContent = chosen();
  };

  apply(chosen());
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-switch]")) name(button);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch]");
    if (!button) return;
    const theme = NEXT[chosen()] || "system";
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // not remembered, but applied
    }
    apply(theme);
    name(button);
  });
})();
