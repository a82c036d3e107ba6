// The form of an alert: the guard follows the condition, and a suggested name does so too.
// Without this file the server decides both when the form is sent.
(() => {
  const form = document.querySelector("[data-alert-form]");
  if (!form) return;
  const { metric, direction, guard, name, suggested } = form.elements;
  const isChange = () => ["increases", "decreases"].includes(direction.value);
  const canGuard = () => isChange() || ["true_rate", "value_share"].includes(metric.value);
  let chosen = false; // by hand: then it stays as it is
  let wasChange = isChange();

  guard.addEventListener("change", () => (chosen = true));
  // Heard before htmx reads the form, so that the preview is of what then stands there.
  form.addEventListener(
    "change",
    (event) => {
      if (event.target !== metric && event.target !== direction) return;
      guard.disabled = !canGuard();
      if (guard.disabled) guard.checked = false;
      else if (!chosen && (isChange() !== wasChange || isChange())) guard.checked = isChange();
      wasChange = isChange();
    },
    true,
  );

  // A name that nobody typed is the one that the server suggests for the condition.
  document.addEventListener("htmx:afterSwap", (event) => {
    const part = document.getElementById("alert-preview");
    if (event.detail.target.id !== "alert-preview" || !part || !part.dataset.suggested) return;
    if (!name.value || name.value === suggested.value) name.value = part.dataset.suggested;
    suggested.value = part.dataset.suggested;
  });

  form.querySelector('[aria-invalid="true"]')?.focus();
})();
