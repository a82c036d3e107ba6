// A page with <main data-refresh="stamp"> asks for itself again with that stamp, every
// data-refresh-s seconds while somebody may see it (core/ui/refreshing.py). Only what has changed is
// taken over: what is focused, opened, typed or selected stays, and so does the place on the page.
//   data-key      which of its siblings an element is, where it has no id
//   data-reading  left alone while it is selected, under a moving pointer, or in use by keyboard
(() => {
  const READING_MS = 4000;
  const GIVEN_UP_AFTER = 3;
  const KEPT = "dialog, input, select, textarea, [data-chart]";
  const BY_SCRIPT = "[data-with-js], [data-without-js]";

  const touched = new WeakMap();
  const touch = ({ target }) => {
    const piece = target instanceof Element && target.closest("[data-reading]");
    if (piece) touched.set(piece, Date.now());
  };
  for (const type of ["pointermove", "pointerdown", "keydown"]) document.addEventListener(type, touch, { passive: true });

  const isSelected = (node) => {
    const selection = getSelection();
    return selection.rangeCount > 0 && !selection.isCollapsed && selection.containsNode(node, true);
  };
  const isRead = (piece) =>
    isSelected(piece) ||
    piece.querySelector(":focus-visible") !== null ||
    Date.now() - (touched.get(piece) || 0) < READING_MS;

  // Whether something was left as it was because somebody is reading it.
  let isHeld = false;

  const key = (node) => node.id || (node.dataset && node.dataset.key) || "";
  const isAlike = (one, other) => one.nodeName === other.nodeName && key(one) === key(other);

  const mergeAttributes = (old, fresh) => {
    const isOurs = (name) => name === "open" || (name === "hidden" && old.matches(BY_SCRIPT));
    for (const { name } of [...old.attributes])
      if (!fresh.hasAttribute(name) && !isOurs(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes)
      if (old.getAttribute(name) !== value && !isOurs(name)) old.setAttribute(name, value);
  };

  const merge = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (isSelected(old)) isHeld = true;
      else old.data = fresh.data;
    } else if (old.matches("[data-reading]") && isRead(old)) {
      isHeld = true;
    } else if (!old.matches(KEPT)) {
      mergeAttributes(old, fresh);
      mergeChildren(old, fresh);
    }
  };

  // What has a key is looked for further down; what has none is the same only in its place.
  const find = (from, fresh) => {
    let found = from;
    while (found && !isAlike(found, fresh)) found = key(fresh) ? found.nextSibling : null;
    return found;
  };
  const removeUntil = (from, end) => {
    while (from !== end) {
      const next = from.nextSibling;
      from.remove();
      from = next;
    }
  };
  const mergeChildren = (old, fresh) => {
    let at = old.firstChild;
    for (const node of [...fresh.childNodes]) {
      const found = find(at, node);
      if (found) {
        removeUntil(at, found);
        at = found.nextSibling;
        merge(found, node);
      } else {
        if (node.nodeType === Node.ELEMENT_NODE && node.dataset.key) node.classList.add("arrived");
        old.insertBefore(node, at);
      }
    }
    removeUntil(at, null);
  };

  const take = (main, text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
    if (!fresh) return;
    const shown = main.dataset.refresh;
    isHeld = false;
    merge(main, fresh);
    if (isHeld) main.dataset.refresh = shown; // so that the rest is asked for again
    htmx.process(main);
    document.dispatchEvent(new CustomEvent("refreshed"));
  };

  // One quiet sentence, where what a person did is said too.
  const say = (words) => {
    const place = document.getElementById("toasts");
    const old = place && place.querySelector("[data-not-up-to-date]");
    if (!words || !place) return old && old.remove();
    if (old) return;
    const toast = document.createElement("div");
    toast.className = "toast toast-error";
    toast.dataset.notUpToDate = "";
    toast.append(Object.assign(document.createElement("p"), { textContent: words }));
    place.append(toast);
  };

  let failures = 0;
  const fail = () => {
    failures += 1;
    const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (failures === GIVEN_UP_AFTER) say(`Not up to date since ${time}: the server does not answer. This page tries again by itself.`);
  };

  const ask = async (main) => {
    const address = location.href;
    const headers = { "X-Shown": main.dataset.refresh };
    const answer = await fetch(address, { headers, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(15000) });
    if (answer.type === "opaqueredirect" || [403, 404].includes(answer.status)) {
      delete main.dataset.refresh;
      return say("This page is no longer kept up to date: you may have been signed out. Load it again.");
    }
    if (!answer.ok) throw new Error(answer.status);
    failures = 0;
    say("");
    if (answer.status === 204) return;
    const text = await answer.text();
    if (location.href === address && main.isConnected) take(main, text);
  };

  let timer;
  const turn = async () => {
    clearTimeout(timer);
    const main = document.getElementById("main");
    if (main && main.dataset.refresh && !document.hidden) await ask(main).catch(fail);
    clearTimeout(timer);
    timer = setTimeout(turn, 1000 * ((main && main.dataset.refreshS) || 5));
  };
  document.addEventListener("visibilitychange", () => document.hidden || turn());
  timer = setTimeout(turn, 1000 * (document.getElementById("main")?.dataset.refreshS || 5));
})();
