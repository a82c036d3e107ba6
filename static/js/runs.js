// The form of a run: slider, presets and number say the same; the preview follows by htmx.
(() => {
  const form = document.querySelector("[data-run-form]");
  if (!form) return;
  const rate = form.querySelector("#id_percent");
  const slider = form.querySelector("[data-rate-slider]");

  const set = (value) => {
    rate.value = value;
    slider.value = value;
    rate.dispatchEvent(new Event("change", { bubbles: true }));
  };

  // The slider has no name: what is sent is the number.
  slider.addEventListener("input", () => (rate.value = slider.value));
  rate.addEventListener("input", () => (slider.value = rate.value));
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-preset-rate]");
    if (button) set(button.dataset.presetRate);
  });
})();
