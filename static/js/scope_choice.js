// Session can be chosen only for an agent that sends session ids; the reason stands below.
// Without this file the server says it when the form is sent.
(() => {
  const form = document.querySelector("[data-signal-form]");
  const known = document.getElementById("no-sessions");
  if (!form || !known) return;

  const reasons = JSON.parse(known.textContent);
  const session = form.querySelector('[name="scope"][value="session"]');
  const trace = form.querySelector('[name="scope"][value="trace"]');
  const place = document.getElementById("scope-reason");
  let wanted = session.checked; // a template's own scope comes back with an agent that has it

  const say = () => {
    const reason = reasons[form.elements.agent.value] || "";
    if (reason && session.checked) {
      wanted = true;
      trace.checked = true;
    }
    session.disabled = Boolean(reason);
    place.textContent = reason;
    place.hidden = !reason;
    if (!reason && wanted) {
      session.checked = true;
      wanted = false;
    }
  };

  form.elements.agent.addEventListener("change", say);
  for (const radio of form.querySelectorAll('[name="scope"]')) radio.addEventListener("change", () => (wanted = false));
  say();
})();
