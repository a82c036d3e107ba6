// Draws every <div class="chart" data-chart="id of its json_script">, in the colours of the theme.
(() => {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);

  // light-dark() in a token is resolved only where a property uses it.
  const colour = (token) => {
    probe.className = "";
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const tone = (name) => colour(name === "unlabelled" ? "line-strong" : name);

  const paintTrace = (trace) => {
    const meta = trace.meta || {};
    if (meta.tones) {
      const line = { color: colour("surface"), width: 1.5 };
      return { ...trace, marker: { ...trace.marker, colors: meta.tones.map(tone), line } };
    }
    const paint = tone(meta.tone || "accent");
    if (trace.type === "bar") {
      const pattern = { ...(trace.marker || {}).pattern, fgcolor: colour("surface"), fillmode: "overlay", size: 5, solidity: 0.35 };
      return { ...trace, marker: { ...trace.marker, color: paint, pattern } };
    }
    if (meta.fill) return { ...trace, fillcolor: paint, line: { ...trace.line, color: paint } };
    if (trace.mode === "markers") {
      const edge = trace.marker.symbol.endsWith("-open") ? paint : colour("surface");
      return { ...trace, marker: { ...trace.marker, color: paint, line: { ...trace.marker.line, color: edge } } };
    }
    return { ...trace, line: { ...trace.line, color: paint } };
  };

  const paintLayout = (layout, width) => {
    const text = colour("text-soft");
    const axis = (own, more) => own && { ...own, ...more, gridcolor: colour("line"), linecolor: colour("line"), tickcolor: colour("line") };
    return {
      ...layout,
      font: { ...layout.font, color: text, family: getComputedStyle(document.body).fontFamily },
      xaxis: axis(layout.xaxis, { tickangle: 0, nticks: Math.max(3, Math.floor(width / 110)) }),
      yaxis: axis(layout.yaxis),
      ...(layout.yaxis2 && { yaxis2: layout.yaxis2 }),
      hoverlabel: { bgcolor: colour("surface"), bordercolor: colour("line-strong"), font: { color: colour("text") } },
      shapes: (layout.shapes || []).map((shape) => ({ ...shape, line: { ...shape.line, color: shape.name ? tone(shape.name) : text } })),
    };
  };

  const drawn = new WeakMap(); // the text of the figure that a place shows
  const textOf = (place) => document.getElementById(place.dataset.chart).textContent;

  // A place that has a figure keeps it and changes what differs: nothing flickers.
  const draw = (place) => {
    const text = textOf(place);
    const figure = JSON.parse(text);
    if (!drawn.has(place)) place.replaceChildren();
    drawn.set(place, text);
    Plotly.react(place, figure.data.map(paintTrace), paintLayout(figure.layout, place.clientWidth), {
      displayModeBar: false,
      responsive: true,
    });
  };

  // A figure under the pointer is being read: it waits until the pointer leaves.
  const refresh = (place) => {
    if (drawn.get(place) === textOf(place)) return;
    if (place.matches(":hover")) place.addEventListener("pointerleave", () => refresh(place), { once: true });
    else draw(place);
  };

  const drawAll = (root) => {
    for (const place of root.querySelectorAll("[data-chart]")) draw(place);
  };

  drawAll(document);
  document.addEventListener("htmx:load", (event) => event.detail.elt !== document.body && drawAll(event.detail.elt));
  document.addEventListener("refreshed", () => document.querySelectorAll("[data-chart]").forEach(refresh));
  document.addEventListener("theme", () => drawAll(document));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
})();
