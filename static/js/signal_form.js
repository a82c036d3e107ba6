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

  // The sample rate, and what it means in targets a day.
  const rate = form.querySelector("#id_percent");
  const slider = form.querySelector("[data-slider]");
  const forecast = form.querySelector("[data-forecast]");
  const perDay = JSON.parse(document.getElementById("per-day").textContent);
  const NOUNS = { span: "model calls", trace: "traces", session: "sessions" };
  const round = (value) => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10).toLocaleString("en-US");

  const say = () => {
    slider.value = rate.value;
    const scope = form.elements.scope.value;
    const all = (perDay[form.elements.agent.value] || {})[scope];
    const judged = all * (Number(rate.value) / 100);
    if (all === undefined || Number.isNaN(judged)) forecast.textContent = "Choose an agent and a rate.";
    else if (all === 0) forecast.textContent = `This agent sent no ${NOUNS[scope]} in the last 7 days, so there is nothing to judge yet.`;
    else forecast.textContent = `About ${round(judged)} of ${round(all)} ${NOUNS[scope]} a day, by the traffic of the last 7 days.`;
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
  say();

  // How long the question is.
  const prompt = form.querySelector("[data-count]");
  const output = form.querySelector(prompt.dataset.count);
  const count = () => (output.textContent = `${prompt.value.length.toLocaleString("en-US")} of`);
  prompt.addEventListener("input", count);
  count();

  // After an error the first field to mend is where one stands.
  form.querySelector('[aria-invalid="true"]')?.focus();

  // Another template replaces what was typed: ask first.
  let typed = false;
  form.addEventListener("input", () => (typed = true));
  for (const link of document.querySelectorAll("[data-guard]"))
    link.addEventListener("click", (event) => {
      if (typed && !confirm("Replace what you typed with this template?")) event.preventDefault();
    });
})();
