// What all pages share: asking for data, drawing charts and tables, and saying when there is nothing.

const page = new URLSearchParams(location.search);
export const testing = page.get("test") === "1";
export const wanted = name => page.get(name) ?? "";

// ------------------------------------------------------------------ data
export async function fetchJson(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

export async function query(name, parameters = {}) {
  const text = new URLSearchParams(Object.entries(parameters).map(([key, value]) => [key, String(value)]));
  const { columns, rows } = await fetchJson(`/api/q/${name}?${text}`);
  return rows.map(row => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

// ------------------------------------------------------------------ words and numbers
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const shares = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
export const count = value => (value == null ? "–" : whole.format(value));
export const decimal = value => (value == null ? "–" : one.format(value));
export const percent = value => (value == null ? "–" : shares.format(value));
export const millis = value => (value == null ? "–" : value >= 1_000 ? `${one.format(value / 1000)} s` : `${whole.format(value)} ms`);

// The two largest units of a time, as people say it.
export function took(ms) {
  const seconds = Math.floor(ms / 1000);
  const parts = [[Math.floor(seconds / 86_400), "d"], [Math.floor(seconds / 3_600) % 24, "h"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"]];
  const first = parts.findIndex(([amount]) => amount);
  if (first < 0) return `${ms} ms`;
  return parts.slice(first, first + 2).filter(([amount]) => amount).map(([amount, unit]) => `${amount} ${unit}`).join(" ");
}

const stamp = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const fullDay = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
export const at = ms => (ms == null ? "–" : stamp.format(ms));
export const day = ms => shortDay.format(ms);
export const dated = ms => fullDay.format(ms);
export const clock = (ms, step) => (step >= 86_400 ? day(ms) : new Date(ms).toISOString().slice(11, step < 60 ? 19 : 16));

export const COLOURS = {
  allocated: "#12826b", reserved: "#12826b", shipped: "#2563c9", delivered: "#174a9c", partially_shipped: "#6f9be0", partial: "#7fb069", partially_reserved: "#7fb069",
  backordered: "#e6a335", held: "#6b5bc7", accepted: "#69a7e0", rejected: "#c53b3b", refused: "#a13030", cancel_requested: "#d49090", returned: "#9a6fb0",
  cancelled: "#94a1ae", duplicate: "#c4ced7", stale: "#dbe1e7", unreadable: "#5b0f0f",
};
export const SERIES = ["#12826b", "#2563c9", "#e6a335", "#6b5bc7", "#d0637c", "#3aa6b9", "#8a9a5b", "#94a1ae"];
const MOOD = {
  allocated: "good", reserved: "good", shipped: "info", delivered: "good", partially_shipped: "info", in_transit: "info", out_for_delivery: "info", failed_attempt: "warn", lost: "bad", returning: "warn", partial: "warn", partially_reserved: "warn", backordered: "warn", held: "hold", returned: "warn", rejected: "bad", refused: "bad", unreadable: "bad",
  billed: "info", approved: "good", disputed: "bad",
};
export const spoken = word => word.replaceAll("_", " ");
export const badge = word => h("span", { class: `badge ${MOOD[word] ?? ""}` }, spoken(word));

// ------------------------------------------------------------------ elements; texts are never taken for HTML
export const $ = id => document.getElementById(id);

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat().filter(child => child != null));
  return element;
}

export function orderLink(order) {
  return h("a", { href: `/order?${new URLSearchParams({ id: order })}`, class: "mono" }, order);
}

export function nothing(element, what, next) {
  globalThis.echarts?.getInstanceByDom(element)?.dispose();
  element.replaceChildren(h("div", { class: "empty" }, h("b", {}, what), h("span", {}, next)));
  element.dataset.ready = "empty";
}

export function tile(title, value, unit, note, mood = "") {
  return h("div", { class: `tile ${mood}` }, h("h3", {}, title), h("b", {}, value, unit ? h("i", {}, unit) : null), h("p", {}, note));
}

// columns: [title, row => text or element, "n" for numbers]
export function table(element, columns, rows, rowClass = () => "") {
  const head = h("tr", {}, columns.map(([title, , kind = ""]) => h("th", { class: kind }, title)));
  const cell = (row, [, show, kind = ""]) => h("td", { class: kind }, show(row) ?? "");
  const body = rows.map(row => h("tr", { class: rowClass(row) }, columns.map(column => cell(row, column))));
  element.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
  element.dataset.ready = "true";
}

export function meter(value, mood = "") {
  const bar = h("i");
  bar.style.width = `${Math.round(100 * Math.min(1, Math.max(0, value)))}%`;
  return h("span", {}, h("span", { class: `meter ${mood}` }, bar), percent(value));
}

export function choices(element, options, chosen, choose) {
  element.replaceChildren(...options.map(([value, title]) => {
    const button = h("button", { type: "button", "aria-pressed": value === chosen }, title);
    button.onclick = () => { choices(element, options, value, choose); choose(value); };
    return button;
  }));
}

// ------------------------------------------------------------------ charts
const soft = "#5b6b7a";
export const axis = {
  category: { axisLine: { lineStyle: { color: "#cfd7de" } }, axisTick: { show: false }, axisLabel: { color: soft, hideOverlap: true } },
  value: { axisLabel: { color: soft, hideOverlap: true }, splitLine: { lineStyle: { color: "#edf0f3" } } },
};

// Draws, and sets data-ready once ECharts has finished.
export function draw(element, option) {
  let chart = echarts.getInstanceByDom(element);
  if (!chart) {
    element.replaceChildren();
    chart = echarts.init(element);
    new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(element);
  }
  chart.off("finished");
  chart.on("finished", () => { element.dataset.ready = "true"; settle(); });
  chart.setOption({
    animation: !testing, animationDuration: 350, color: SERIES,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: "#14202b" },
    grid: { left: 8, right: 14, top: 34, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 11, itemHeight: 11, itemGap: 16, textStyle: { color: soft }, type: "scroll" },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: "#0b3b3c0d" } }, confine: true, borderColor: "#e3e8ed", textStyle: { fontSize: 13 } },
    ...option,
  }, { notMerge: true });
}

// Rows of (time, name, value) -> one series a name over all buckets, so that stacks stand on each other.
export function series(rows, buckets, time, name, value, order) {
  const names = [...new Set(rows.map(row => row[name]))].sort((a, b) => order.indexOf(a) - order.indexOf(b) || (a < b ? -1 : 1));
  const place = new Map(buckets.map((bucket, i) => [bucket, i]));
  return names.map(found => {
    const data = buckets.map(() => 0);
    for (const row of rows) if (row[name] === found && place.has(row[time])) data[place.get(row[time])] += row[value];
    return { name: found, data };
  });
}

export const bars = (name, data, more = {}) => ({ name, type: "bar", data, barMaxWidth: 26, ...more });
export const line = (name, data, more = {}) => ({ name, type: "line", data, showSymbol: data.length < 3, symbolSize: 7, lineStyle: { width: 2.2 }, ...more });

// ------------------------------------------------------------------ life of a page
export async function live(refresh, seconds) {
  const trouble = $("trouble");
  const turn = async () => {
    try {
      await refresh();
      trouble.hidden = true;
    } catch (error) {
      trouble.textContent = error.message === "Failed to fetch" ? "The analytics process does not answer. Is it running? (yipan up)" : error.message;
      trouble.hidden = false;
    }
    await pulse();
    document.body.dataset.loaded = "true";
    settle();
  };
  await turn();
  if (testing) return;
  const again = async () => { if (!document.hidden) await turn(); setTimeout(again, seconds * 1000); };
  setTimeout(again, seconds * 1000);
}

// The page is ready once it has its data and every chart is drawn or says that there is nothing.
function settle() {
  const drawn = [...document.querySelectorAll(".chart")].every(element => element.dataset.ready);
  if (document.body.dataset.loaded && drawn) document.body.dataset.ready = "true";
}

async function pulse() {
  const element = $("pulse");
  try {
    const told = await (await fetch("/health")).json();
    element.className = `pulse ${!told.ok ? "bad" : told.sink_lag > 0 ? "busy" : "good"}`;
    element.textContent = !told.ok ? "not well" : told.sink_lag > 0 ? `${count(told.sink_lag)} behind` : "up to date";
  } catch {
    element.className = "pulse bad";
    element.textContent = "no answer";
  }
}
