// The form that makes a signal: rows of labels that come and go, the sample rate, the counter.
// Without this file all ten rows and the number field stand there, and work.
(() => {
  const form = document.querySelector("[data-signal-form]");
  if (!form) return;

  // Labels: as many rows as are filled, at least two.
  const rows = [...form.querySelectorAll("[data-label-row]")];
  const add = form.querySelector("[data-add-label]");
  const fields = (row) => [...row.querySelectorAll("input, select")];
  const values = (row) => fields(row).map((field) => field.value);
  const isFilled = (row) => Boolean(row.querySelector("input").value || row.querySelector(".errors"));
  let shown = Math.max(2, rows.findLastIndex(isFilled) + 1);

  const show = () => {
    rows.forEach((row, index) => (row.hidden = index >= shown));
    for (const row of rows) row.querySelector("[data-remove-label]").hidden = shown <= 2;
    add.hidden = shown >= rows.length;
  };

  const put = (row, given) => fields(row).forEach((field, index) => (field.value = given[index]));

  const remove = (gone) => {
    const kept = rows.filter((row) => row !== gone).map(values);
    const blank = ["", "neutral", ""];
    rows.forEach((row, index) => put(row, kept[index] || blank));
    shown -= 1;
    show();
    rows[Math.min(rows.indexOf(gone), shown - 1)].querySelector("input").focus();
  };

  add.addEventListener("click", () => {
    shown += 1;
    show();
    rows[shown - 1].querySelector("input").focus();
  });
  for (const row of rows) row.querySelector("[data-remove-label]").addEventListener("click", () => remove(row));
  show();

  // The sample rate, and what it takes a day: the server says what all targets take.
  const rate = form.querySelector("#id_percent");
  const slider = form.querySelector("[data-slider]");
  const whole = (value) => Math.round(value).toLocaleString("en-US");
  // As core/ui/wording.py writes them.
  const WORDS = {
    targets: (value) => (value >= 10 ? whole(value) : value > 0 && value < 0.1 ? "under 0.1" : String(Math.round(value * 10) / 10)),
    tokens: (value) => {
      if (value < 9999.5) return whole(value);
      const [unit, letter] = value >= 999.6e6 ? [1e9, "G"] : value >= 999.6e3 ? [1e6, "M"] : [1e3, "k"];
      return Number((value / unit).toPrecision(3)) + letter;
    },
    usd: (value) => {
      if (value === 0) return "$0";
      if (value < 0.0001) return "under $0.0001";
      if (value < 1) return `$${value.toFixed(4).replace(/0+$/, "")}`;
      return `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
    },
  };

  const say = () => {
    const share = rate.value === "" ? NaN : Number(rate.value) / 100;
    const fits = share > 0 && share <= 1;
    slider.value = rate.value;
    for (const place of form.querySelectorAll("[data-a-day]"))
      place.textContent = fits ? WORDS[place.dataset.as](place.dataset.aDay * share) : "—";
  };

  slider.addEventListener("input", () => {
    rate.value = slider.value;
    say();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set-rate]");
    if (!button) return;
    rate.value = button.dataset.setRate;
    say();
  });
  form.addEventListener("input", say);
  form.addEventListener("htmx:afterSwap", say);

  // How long the question is.
  const prompt = form.querySelector("[data-count]");
  const output = form.querySelector(prompt.dataset.count);
  const count = () => (output.textContent = `${prompt.value.length.toLocaleString("en-US")} of`);
  prompt.addEventListener("input", count);
  count();

  // After an error the first field to mend is where one stands.
  form.querySelector('[aria-invalid="true"]')?.focus();

  // What was typed is not lost unasked: not to another template, and not to another page.
  let isTyped = form.querySelector('[role="alert"]') !== null;
  form.addEventListener("input", () => (isTyped = true));
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-set-rate], [data-remove-label]")) isTyped = true;
  });
  form.addEventListener("submit", () => (isTyped = false));
  addEventListener("beforeunload", (event) => isTyped && event.preventDefault());
  for (const link of document.querySelectorAll("[data-guard]"))
    link.addEventListener("click", (event) => {
      if (isTyped && !confirm("Replace what you typed with this template?")) event.preventDefault();
      else isTyped = false;
    });
})();
