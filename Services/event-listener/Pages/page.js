"use strict";
// One saga's timeline, and the search for sagas. Everything is fetched from /events; texts from events go into the page
// as text, never as markup.

const find = (id) => document.getElementById(id);
const when = (event) => Date.parse(event.occurred_at ?? event.upd_dt);
const clock = (time) => new Date(time).toISOString().slice(11, 23);

function span(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (milliseconds < 60000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${Math.floor(milliseconds / 60000)} min ${Math.round((milliseconds % 60000) / 1000)} s`;
}

function make(name, text, kind) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

// Where tokens are asked for, the reader is asked for one, and it is kept for this tab alone.
async function ask(url) {
  const send = () => {
    const token = sessionStorage.getItem("token");
    return fetch(url, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  };
  const answer = await send();
  if (answer.status !== 401) return answer;
  const token = prompt("The token of an operator:");
  if (!token) return answer;
  sessionStorage.setItem("token", token.trim());
  return send();
}

async function fetchEvents(parameters, most) {
  const events = [];
  let after = null;
  do {
    const query = new URLSearchParams({ ...parameters, limit: "500" });
    if (after) query.set("after", after);
    const answer = await ask(`/events?${query}`);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail ?? `The server answered ${answer.status}.`);
    events.push(...body.items);
    after = body.next;
  } while (after && events.length < most);
  return events;
}

const inOrder = (events) => events.toSorted((a, b) => when(a) - when(b) || Date.parse(a.upd_dt) - Date.parse(b.upd_dt));
const first = (events, field) => events.map((event) => event[field]).find((value) => value) ?? "–";

function describe(payload) {
  const parts = [];
  if (payload?.title) parts.push(`“${payload.title}”`);
  if (payload?.status) parts.push(payload.status);
  if (payload?.reason) parts.push(payload.reason);
  if (payload?.version) parts.push(`version ${payload.version}`);
  return parts.join(" · ");
}

function entry(event, before) {
  const item = make("li");
  item.dataset.topic = event.event_type;
  if (before) {
    const milliseconds = when(event) - when(before);
    item.append(make("span", `↓ ${span(milliseconds)}`, milliseconds >= 1000 ? "gap long" : "gap"));
  }
  const card = make("div", undefined, "event");
  const head = make("div", undefined, "head");
  head.append(make("strong", event.event_action));
  head.append(make("span", event.source?.replace("/game/", "") || event.event_type, "who"));
  const time = make("time", clock(when(event)), "time");
  time.dateTime = event.occurred_at ?? event.upd_dt;
  head.append(time);
  card.append(head);
  const about = [event.etc_str3, describe(event.payload)].filter(Boolean).join(" · ");
  if (about) card.append(make("div", about, "about"));
  const more = make("details");
  more.append(make("summary", "Data"), make("pre", JSON.stringify(event.payload, null, 2)));
  card.append(more);
  item.append(card);
  return item;
}

function summarize(events) {
  const summary = find("summary");
  summary.replaceChildren();
  const facts = [
    ["Customer", first(events, "etc_str1")], ["Mission", first(events, "etc_str2")], ["Events", events.length],
    ["Services", new Set(events.map((event) => event.source)).size],
    ["Began", new Date(when(events[0])).toISOString().replace("T", " ").slice(0, 19) + " UTC"],
    ["Took", span(when(events.at(-1)) - when(events[0]))],
  ];
  for (const [name, value] of facts) {
    const pair = make("div");
    pair.append(make("dt", name), make("dd", String(value)));
    summary.append(pair);
  }
}

async function showSaga() {
  const id = decodeURIComponent(location.pathname.split("/").pop());
  find("correlation").textContent = id;
  document.title = `Saga ${id}`;
  let shown = 0;
  async function refresh() {
    const events = inOrder(await fetchEvents({ correlationId: id }, 5000));
    find("message").textContent = events.length ? "" : "There are no events of this saga here (yet).";
    if (events.length === shown) return;
    shown = events.length;
    summarize(events);
    find("timeline").replaceChildren(...events.map((event, index) => entry(event, events[index - 1])));
  }
  for (;;) {
    try {
      if (!document.hidden) await refresh();
    } catch (error) {
      find("message").textContent = `${error.message} Trying again …`;
    }
    await new Promise((resume) => setTimeout(resume, 2000));
  }
}

function row(id, events) {
  const ordered = inOrder(events);
  const line = make("tr");
  const last = ordered.at(-1);
  const cells = [
    new Date(when(ordered[0])).toISOString().replace("T", " ").slice(0, 19), first(ordered, "etc_str1"),
    first(ordered, "etc_str2"), ordered.length, span(when(last) - when(ordered[0])), last.event_action,
  ];
  cells.forEach((cell) => line.append(make("td", String(cell))));
  const link = make("a", id);
  link.href = `/sagas/${encodeURIComponent(id)}`;
  const cell = make("td");
  cell.append(link);
  line.append(cell);
  return line;
}

async function showSearch() {
  const form = find("search");
  const given = new URLSearchParams(location.search);
  const filter = {};
  for (const name of ["customerId", "missionId"]) {
    const value = given.get(name)?.trim();
    if (value) filter[name] = value;
    form.elements[name].value = value ?? "";
  }
  // Empty fields do not belong into the address.
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
  try {
    const events = (await fetchEvents({ ...filter, order: "newest" }, 1000)).filter((event) => event.correlation_id);
    const sagas = Map.groupBy ? Map.groupBy(events, (event) => event.correlation_id) : new Map();
    if (!Map.groupBy) {
      for (const event of events) sagas.set(event.correlation_id, [...(sagas.get(event.correlation_id) ?? []), event]);
    }
    const body = find("results").tBodies[0];
    body.replaceChildren(...[...sagas].map(([id, events]) => row(id, events)));
    find("results").hidden = sagas.size === 0;
    find("message").textContent = sagas.size ? `${sagas.size} sagas, the latest first` : "Nothing was found.";
  } catch (error) {
    find("message").textContent = error.message;
  }
}

document.body.dataset.page === "saga" ? showSaga() : showSearch();
