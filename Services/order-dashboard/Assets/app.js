"use strict";

const BRANCHES = ["jeongja", "seohyeon", "sunae", "migeum"];
/** No word from the server for so long means that the connection is gone, whatever the browser thinks. */
const SILENCE = 4000;

/** branch → start in seconds → type → name → count */
const known = new Map(BRANCHES.map((branch) => [branch, new Map()]));
const state = { type: "CustomerAgeGrades", now: Date.now() / 1000, drift: 0, heard: 0, top: 10, isDue: false, tabulated: 0 };
const element = (id) => document.getElementById(id);

let charts = [];
let source = null;

function take(windows) {
  for (const { branch, date, counts } of windows) {
    const windowsOfBranch = known.get(branch);
    if (!windowsOfBranch) continue;
    windowsOfBranch.set(seconds(date), counts);
    if (windowsOfBranch.size > 60) windowsOfBranch.delete(d3.min(windowsOfBranch.keys()));
  }
  redraw();
}

/** One drawing a frame, however many events come. */
function redraw() {
  if (state.isDue) return;
  state.isDue = true;
  requestAnimationFrame(() => {
    state.isDue = false;
    draw();
  });
}

function draw() {
  const present = Math.floor((Date.now() / 1000 + state.drift) / WINDOW) * WINDOW;
  const latest = d3.max(BRANCHES, (branch) => d3.max(known.get(branch).keys()));
  // When there were no orders for so long that nothing would be seen, the last ones stay.
  const end = latest === undefined || latest > present - SLOTS * WINDOW ? Math.max(present, latest || 0) : latest;
  const starts = d3.range(SLOTS).map((i) => end - (SLOTS - 1 - i) * WINDOW);
  const highest = d3.max(BRANCHES, (branch) =>
    d3.max(starts, (start) => d3.sum(Object.values((known.get(branch).get(start) || {})[state.type] || {}))));
  // The scale is the same for all branches. It grows at once and shrinks only when there is much room.
  const wanted = d3.scaleLinear([0, Math.max(highest || 0, 8)], [0, 1]).nice(4).domain()[1];
  if (wanted > state.top || wanted < state.top * 0.6) state.top = wanted;
  for (const chart of charts) chart.draw(known.get(chart.branch), starts, state.type, state.top);
  if (Date.now() - state.tabulated > 5000) {
    state.tabulated = Date.now();
    for (const chart of charts) chart.tabulate();
  }
}

function show(name, text) {
  const status = element("status");
  if (status.dataset.state === name) return;
  status.dataset.state = name;
  status.textContent = text;
}

function drawLegend() {
  const items = d3.select("#legend").selectAll("li").data(TYPES[state.type], (d) => d.name);
  items.exit().remove();
  const entered = items.enter().append("li").attr("data-name", (d) => d.name);
  entered.each(function (series) {
    swatch(d3.select(this), series);
  });
  entered.append("span").text((d) => d.title);
  d3.selectAll("#legend li").select("rect").attr("fill", (d) => fill(d));
}

function connect() {
  if (source) source.close();
  state.heard = Date.now();
  source = new EventSource("api/stream");
  const listen = (name, handle) =>
    source.addEventListener(name, (event) => {
      state.heard = Date.now();
      handle(JSON.parse(event.data));
    });
  listen("snapshot", ({ windows }) => {
    for (const windowsOfBranch of known.values()) windowsOfBranch.clear();
    take(windows);
  });
  listen("windows", ({ windows }) => take(windows));
  listen("tick", ({ now, connected, rates }) => {
    state.drift = now / 1000 - Date.now() / 1000;
    const rate = d3.sum(Object.values(rates));
    element("rate").textContent = rate < 100 ? rate.toFixed(1) : d3.format(",.0f")(rate);
    if (connected) show("live", "live");
    else show("stale", "no new data");
    redraw();
  });
  source.onerror = () => show("lost", "connection lost");
}

function watch() {
  // A browser gives up for good when the server answers with an error; and a dead line says nothing at all.
  if (source.readyState === EventSource.CLOSED || Date.now() - state.heard > SILENCE) {
    show("lost", "connection lost");
    connect();
  }
}

document.addEventListener("DOMContentLoaded", () => {
  defineHatch();
  const announcer = element("announcer");
  charts = BRANCHES.map((branch) => new BranchChart(element("charts"), branch, (text) => (announcer.textContent = text)));
  const chosen = new URLSearchParams(location.search).get("type");
  if (chosen in TYPES) state.type = chosen;
  for (const input of document.querySelectorAll("input[name=type]")) {
    input.checked = input.value === state.type;
    input.addEventListener("change", () => {
      state.type = input.value;
      state.top = 10;
      state.tabulated = 0;
      drawLegend();
      redraw();
    });
  }
  drawLegend();
  isDark.addEventListener("change", () => (drawLegend(), redraw()));
  new ResizeObserver(redraw).observe(element("charts"));
  redraw();
  connect();
  setInterval(watch, 1000);
});
