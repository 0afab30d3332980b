"use strict";

// What can be counted, in the order in which it is stacked, with its colours in light and dark. Ages have an order, so
// their colours run from dark to light (viridis); payment has Okabe and Ito's, coffees Paul Tol's "muted": all three were
// made to be told apart by colour-blind people. Segments are also kept apart by a line, and named on hover and focus.
const TYPES = (() => {
  const grades = ["0010", "1020", "2030", "3040", "4050", "5060", "6070", "7080", "8090"];
  const gradeName = (grade) => (grade === "0010" ? "under 10" : `${+grade.slice(0, 2)} to ${+grade.slice(2) - 1}`);
  const viridis = (from) => grades.map((_, i) => d3.interpolateViridis(from + ((1 - from) * i) / (grades.length - 1)));
  const series = (names, light, dark, title = (name) => name) =>
    names.map((name, i) => ({ name, title: title(name), light: light[i], dark: dark[i] }));
  return {
    CustomerAgeGrades: [
      ...series(grades, viridis(0.05), viridis(0.25), gradeName),
      { name: "9999", title: "unknown", light: "#8a8a8a", dark: "#a8a8a8", hatched: true },
    ],
    PaymentMethods: series(["Cash", "Credit", "Debit"], ["#e69f00", "#0072b2", "#009e73"], ["#e69f00", "#56b4e9", "#009e73"]),
    Orders: series(
      ["Espresso", "Espresso Macchiato", "Espresso con Panna", "Caffe Latte", "Flat White", "Cafe Breve", "Cappuccino",
        "Caffe Mocha", "Americano"],
      ["#332288", "#cc6677", "#ddcc77", "#117733", "#88ccee", "#882255", "#44aa99", "#999933", "#aa4499"],
      ["#7a6be0", "#cc6677", "#ddcc77", "#2f9e56", "#88ccee", "#b04a83", "#44aa99", "#a8a83f", "#c76bb6"]),
  };
})();

const SLOTS = 20;
const WINDOW = 30;
const isDark = matchMedia("(prefers-color-scheme: dark)");
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

/** 20260131120030 as seconds since 1970. */
function seconds(date) {
  const [y, mo, d, h, mi, s] = [0, 4, 6, 8, 10, 12].map((at, i) => +date.slice(at, at + (i ? 2 : 4)));
  return Date.UTC(y, mo - 1, d, h, mi, s) / 1000;
}

const clock = (second) =>
  new Date(second * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

const fill = (series) => (series.hatched ? "url(#hatch)" : isDark.matches ? series.dark : series.light);

/** A pattern that is there once for the whole page. */
function defineHatch() {
  const svg = d3.select("body").append("svg").attr("class", "sr").attr("aria-hidden", "true");
  const pattern = svg.append("defs").append("pattern").attr("id", "hatch").attr("patternUnits", "userSpaceOnUse")
    .attr("width", 6).attr("height", 6).attr("patternTransform", "rotate(45)");
  const ground = pattern.append("rect").attr("width", 6).attr("height", 6);
  const stripe = pattern.append("rect").attr("width", 2).attr("height", 6);
  const paint = () => {
    ground.attr("fill", isDark.matches ? "#a8a8a8" : "#8a8a8a");
    stripe.attr("fill", isDark.matches ? "#4a4a4a" : "#e8e8e8");
  };
  paint();
  isDark.addEventListener("change", paint);
}

/** The stacked bars of one branch. */
class BranchChart {
  constructor(parent, branch, announce) {
    this.branch = branch;
    this.announce = announce;
    this.selected = null;
    this.slots = [];
    const figure = d3.select(parent).append("figure").attr("class", "branch").attr("data-branch", branch);
    const caption = figure.append("figcaption");
    caption.append("h2").text(branch);
    this.now = caption.append("span").attr("class", "now");
    this.now.append("b").text("0");
    this.now.append("span").attr("class", "unit").text(" orders");
    this.now.append("span").attr("class", "wide").text(" in this window");
    this.plot = figure.append("div").attr("class", "plot").attr("tabindex", 0).attr("role", "group")
      .attr("aria-roledescription", "stacked bar chart");
    this.svg = this.plot.append("svg").attr("aria-hidden", "true");
    this.grid = this.svg.append("g").attr("class", "grid");
    this.bars = this.svg.append("g");
    this.base = this.svg.append("line").attr("class", "base");
    this.axis = this.svg.append("g");
    this.mark = this.svg.append("rect").attr("class", "mark").attr("rx", 3).attr("visibility", "hidden");
    this.tip = this.plot.append("div").attr("class", "tip").attr("hidden", "");
    this.table = figure.append("table").attr("class", "sr");
    this.listen();
  }

  listen() {
    this.plot.on("keydown", () => {
      const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -SLOTS, End: SLOTS };
      const event = d3.event;
      if (event.key === "Escape") return this.select(null);
      if (!(event.key in moves)) return;
      event.preventDefault();
      const at = this.slots.findIndex((slot) => slot.start === this.selected);
      const next = Math.max(0, Math.min(SLOTS - 1, (at < 0 ? SLOTS : at) + moves[event.key]));
      this.select(this.slots[next].start, true);
    });
    this.plot.on("blur", () => this.select(null));
    this.plot.on("pointermove", () => {
      const [x] = d3.mouse(this.plot.node());
      const slot = this.slots.find((slot) => x >= this.x(slot.start) && x < this.x(slot.start) + this.x.step());
      this.select(slot ? slot.start : null);
    });
    this.plot.on("pointerleave", () => this.select(null));
  }

  /** Draws what is known: `windows` from start to counts, the windows' places, the top of the scale. */
  draw(windows, starts, type, top) {
    const all = TYPES[type];
    this.type = type;
    this.slots = starts.map((start) => {
      const counts = (windows.get(start) || {})[type] || {};
      let base = 0;
      const parts = all.map((series) => {
        const count = counts[series.name] || 0;
        const part = { series, count, from: base, to: base + count };
        base += count;
        return part;
      });
      return { start, total: base, parts };
    });
    const { width, height } = this.plot.node().getBoundingClientRect();
    if (!width) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const [left, bottom, topEdge] = [2.6 * rem, 1.5 * rem, 0.6 * rem];
    this.x = d3.scaleBand(starts, [left, width]).paddingInner(0.18);
    this.y = d3.scaleLinear([0, top], [height - bottom, topEdge]);
    const ticks = this.y.ticks(4).filter(Number.isInteger);
    const lines = this.grid.selectAll("g").data(ticks, (d) => d);
    lines.exit().remove();
    const entered = lines.enter().append("g");
    entered.append("line");
    entered.append("text").attr("dy", "0.32em").attr("text-anchor", "end");
    const every = entered.merge(lines).attr("transform", (d) => `translate(0,${this.y(d)})`);
    every.select("line").attr("x1", left).attr("x2", width);
    every.select("text").attr("x", left - 0.4 * rem).text((d) => d3.format("~s")(d));
    this.base.attr("x1", left).attr("x2", width).attr("y1", this.y(0)).attr("y2", this.y(0));
    this.drawBars();
    this.drawAxis(height, rem, width);
    this.drawSelection();
    const last = this.slots[SLOTS - 1];
    this.now.select("b").text(last.total);
    this.now.select(".unit").text(type === "Orders" ? " coffees" : " orders");
    this.plot.attr("aria-label",
      `${this.branch}: ${last.total} in the window of ${clock(last.start)}, ${d3.sum(this.slots, (s) => s.total)} in all shown.`);
    d3.select(this.plot.node().parentNode).attr("data-total", d3.sum(this.slots, (s) => s.total));
  }

  drawBars() {
    const isMoved = this.width !== this.x.range()[1] || isStill.matches;
    this.width = this.x.range()[1];
    const bars = this.bars.selectAll("g.bar").data(this.slots, (slot) => slot.start);
    bars.exit().remove();
    const every = bars.enter().append("g").attr("class", "bar").merge(bars)
      .attr("data-start", (slot) => slot.start)
      .attr("data-total", (slot) => slot.total)
      .classed("open", (slot, i) => i === SLOTS - 1)
      .attr("transform", (slot) => `translate(${this.x(slot.start)},0)`);
    const rects = every.selectAll("rect").data((slot) => slot.parts.filter((part) => part.count > 0), (p) => p.series.name);
    rects.exit().remove();
    const fresh = rects.enter().append("rect").attr("y", this.y(0)).attr("height", 0);
    const shown = fresh.merge(rects)
      .attr("data-name", (part) => part.series.name)
      .attr("data-count", (part) => part.count)
      .attr("fill", (part) => fill(part.series))
      .attr("width", this.x.bandwidth());
    (isMoved ? shown.interrupt() : shown.transition().duration(150))
      .attr("y", (part) => this.y(part.to))
      .attr("height", (part) => Math.max(0, this.y(part.from) - this.y(part.to)));
  }

  drawAxis(height, rem, width) {
    const every = Math.max(1, Math.ceil((5.2 * rem) / this.x.step()));
    const labelled = this.slots.filter((slot, i) => (SLOTS - 1 - i) % every === 0 && this.x(slot.start) > 2.6 * rem + 2 * rem);
    const labels = this.axis.selectAll("text").data(labelled, (slot) => slot.start);
    labels.exit().remove();
    labels.enter().append("text").merge(labels)
      .attr("text-anchor", "end").attr("y", height - 0.35 * rem)
      .attr("x", (slot) => Math.min(width, this.x(slot.start) + this.x.bandwidth()))
      .text((slot) => clock(slot.start));
  }

  select(start, isSpoken = false) {
    this.selected = start;
    this.drawSelection();
    const slot = this.slots.find((slot) => slot.start === start);
    if (!slot || !isSpoken) return;
    const parts = slot.parts.filter((part) => part.count).map((part) => `${part.series.title} ${part.count}`);
    this.announce(`${this.branch}, ${clock(start)}: ${slot.total}. ${parts.join(", ")}`);
  }

  drawSelection() {
    const slot = this.slots.find((slot) => slot.start === this.selected);
    this.mark.attr("visibility", slot ? "visible" : "hidden");
    this.tip.attr("hidden", slot ? null : "");
    if (!slot) return;
    const [top, bottom] = [this.y.range()[1], this.y.range()[0]];
    this.mark.attr("x", this.x(slot.start) - 2).attr("width", this.x.bandwidth() + 4).attr("y", top).attr("height", bottom - top);
    const rows = [{ title: clock(slot.start), count: slot.total },
      ...slot.parts.filter((part) => part.count).reverse().map((part) => ({ ...part, title: part.series.title }))];
    this.tip.html("");
    const row = this.tip.append("table").selectAll("tr").data(rows).enter().append("tr");
    row.append("td").each(function (d) {
      if (d.series) swatch(d3.select(this), d.series);
    });
    row.append("td").text((d) => d.title);
    row.append("td").text((d) => d.count);
    const isRight = this.slots.indexOf(slot) >= SLOTS / 2;
    const edge = isRight ? this.x.range()[1] - this.x(slot.start) + 8 : this.x(slot.start) + this.x.step() + 4;
    this.tip.style("left", isRight ? "auto" : `${edge}px`).style("right", isRight ? `${edge}px` : "auto");
  }

  /** The same as numbers, for those who do not see the bars; seldom, as it is long. */
  tabulate() {
    const names = TYPES[this.type];
    this.table.html("");
    this.table.append("caption").text(`${this.branch}, orders of each window`);
    const head = this.table.append("thead").append("tr");
    head.append("th").attr("scope", "col").text("Window");
    head.selectAll("th.name").data(names).enter().append("th").attr("class", "name").attr("scope", "col").text((d) => d.title);
    const rows = this.table.append("tbody").selectAll("tr").data(this.slots.filter((slot) => slot.total)).enter().append("tr");
    rows.append("th").attr("scope", "row").text((slot) => clock(slot.start));
    rows.selectAll("td").data((slot) => slot.parts).enter().append("td").text((part) => part.count);
  }
}

function swatch(parent, series) {
  parent.append("svg").attr("width", 14).attr("height", 14).attr("aria-hidden", "true")
    .append("rect").attr("width", "100%").attr("height", "100%").attr("fill", fill(series));
}
