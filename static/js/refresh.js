// A page with <main data-refresh="stamp"> asks for itself again with that stamp, every
// data-refresh-s seconds while somebody may see it (core/ui/refreshing.py). Idiomorph takes over only
// what has changed: what is focused, opened, typed or selected stays, and so does the place on the page.
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

  // Idiomorph knows elements again by their ids: what only has a key gets one from it, within its
  // list.
  const giveIds = (root) => {
    for (const piece of root.querySelectorAll("[data-key]:not([id])"))
      piece.id = `${piece.parentElement.closest("[id]")?.id}-${piece.dataset.key}`;
  };

  const isLeft = (old) => {
    if (old.nodeType === Node.TEXT_NODE) return isSelected(old) && (isHeld = true);
    if (old.nodeType !== Node.ELEMENT_NODE) return false;
    if (old.matches("[data-reading]") && isRead(old)) return (isHeld = true);
    return old.matches(KEPT);
  };

  const callbacks = {
    beforeNodeMorphed: (old, fresh) => (old.isEqualNode(fresh) ? false : !isLeft(old)),
    beforeAttributeUpdated: (name, node) => name !== "open" && !(name === "hidden" && node.matches(BY_SCRIPT)),
    beforeNodeAdded: (node) => {
      if (node.nodeType === Node.ELEMENT_NODE && node.dataset.key) node.classList.add("arrived");
    },
  };

  // What stands first on the screen stays where it is, whatever comes in above it. Browsers do so by
  // themselves, but not when the nodes around it are moved.
  const keepPlace = (main, change) => {
    let scroller = main;
    while (scroller && scroller.scrollTop === 0) scroller = scroller.parentElement;
    const top = (piece) => piece.getBoundingClientRect().top;
    const isFirst = (piece) => top(piece) >= 0 && piece.offsetHeight > 0;
    const first = scroller && [...main.querySelectorAll("[id]")].find(isFirst);
    const before = first ? top(first) : 0;
    if (scroller) scroller.style.overflowAnchor = "none";
    change();
    if (first && first.isConnected) scroller.scrollTop += top(first) - before;
    if (scroller) requestAnimationFrame(() => scroller.style.removeProperty("overflow-anchor"));
  };

  const take = (main, text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
    if (!fresh) return;
    const shown = main.dataset.refresh;
    isHeld = false;
    giveIds(main);
    giveIds(fresh);
    keepPlace(main, () => Idiomorph.morph(main, fresh, { morphStyle: "outerHTML", callbacks }));
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
