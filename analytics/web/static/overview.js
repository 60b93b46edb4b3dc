import { $, axis, at, badge, bars, choices, clock, COLOURS, count, day, decimal, draw, fetchJson, line, live, millis, nothing, orderLink, percent, query, series, spoken, table, tile } from "./yipan.js";

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 7 * 86400, 28 * 86400];
const SPANS = [["fit", "All of it"], ["900", "15 min"], ["3600", "1 h"], ["86400", "24 h"]];
let span = "fit";

// The time shown ends with the newest decision: a page opened a day later shows the same.
function window_(totals) {
  const to = totals.last_at + 1;
  const from = Math.max(totals.first_at, span === "fit" ? 0 : to - 1000 * span);
  const step = STEPS.find(seconds => (to - from) / 1000 / seconds <= 60) ?? STEPS.at(-1);
  return { from, to, step };
}

function buckets({ from, to, step }) {
  const first = Math.floor(from / 1000 / step) * step * 1000;
  return Array.from({ length: Math.floor((to - first) / 1000 / step) + 1 }, (_, i) => first + i * step * 1000);
}

function tiles(t, waiting) {
  const fill = t.wanted_units ? t.promised_units / t.wanted_units : null;
  $("tiles").replaceChildren(
    tile("Orders", count(t.orders), "", `${count(t.units)} units`),
    tile("Promised at once", fill == null ? "–" : decimal(100 * fill), "%", `of ${count(t.wanted_units)} units wanted`, "good"),
    tile("Time to allocate", ...millis(t.p50_ms).split(" "), `half of them faster; 99 % within ${millis(t.p99_ms)}`),
    tile("Orders waiting", count(t.waiting_orders), "", `${count(t.waiting_units)} units; ${count(t.held_orders)} orders held`, t.waiting_orders ? "warn" : ""),
    tile("Lag", waiting == null ? "–" : count(waiting), "", "raw records not yet decided"),
    tile("Dead letters", count(t.rejected_records), "", "records for a person to look at", t.rejected_records ? "bad" : ""),
  );
}

function outcomes(rows, where) {
  const shown = buckets(where);
  const stacked = series(rows, shown, "time", "outcome", "orders", Object.keys(COLOURS));
  draw($("orders_by_outcome"), {
    xAxis: { type: "category", data: shown.map(time => clock(time, where.step)), ...axis.category },
    yAxis: { type: "value", minInterval: 1, ...axis.value },
    series: stacked.map(({ name, data }) => bars(name, data, { stack: "all", barCategoryGap: "18%", itemStyle: { color: COLOURS[name] } })),
  });
}

function latency(rows, where) {
  const place = new Map(rows.map(row => [row.time, row]));
  const shown = buckets(where);
  draw($("time_to_allocate"), {
    xAxis: { type: "category", boundaryGap: false, data: shown.map(time => clock(time, where.step)), ...axis.category },
    yAxis: { type: "value", ...axis.value, axisLabel: { ...axis.value.axisLabel, formatter: millis } },
    tooltip: { trigger: "axis", valueFormatter: millis, confine: true },
    series: [["half within", "p50"], ["99 % within", "p99"]].map(([name, key]) => line(name, shown.map(time => place.get(time)?.[key] ?? null), { connectNulls: true, areaStyle: { opacity: key === "p50" ? 0.12 : 0 } })),
  });
}

function standing(rows) {
  const shown = rows.toReversed();
  draw($("orders_by_status"), {
    legend: { show: false },
    grid: { left: 4, right: 62, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "value", show: false },
    yAxis: { type: "category", data: shown.map(row => spoken(row.status)), ...axis.category, axisLine: { show: false } },
    series: [bars("orders", shown.map(row => ({ value: row.orders, itemStyle: { color: COLOURS[row.status], borderRadius: 4 } })), {
      label: { show: true, position: "right", formatter: ({ value }) => count(value), color: "#14202b", fontWeight: 600 },
    })],
  });
}

function fillRate(rows) {
  if (!rows.length) return nothing($("fill_rate_by_day"), "No demand yet", "It shows here with the first order.");
  draw($("fill_rate_by_day"), {
    legend: { show: false },
    grid: { left: 8, right: 14, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "category", boundaryGap: false, data: rows.map(row => day(row.time)), ...axis.category },
    yAxis: { type: "value", max: 1, ...axis.value, axisLabel: { ...axis.value.axisLabel, formatter: percent } },
    tooltip: { trigger: "axis", valueFormatter: percent, confine: true },
    series: [line("promised at once", rows.map(row => row.fill_rate), { areaStyle: { opacity: 0.12 } })],
  });
}

async function lag() {
  try {
    const rows = await fetchJson("/api/lag");
    table($("lag"), [
      ["Partition", row => String(row.partition)],
      ["Came in", row => count(row.end), "n"],
      ["Waiting", row => count(row.waiting), "n"],
    ], rows);
    return rows.reduce((sum, row) => sum + row.waiting, 0);
  } catch (error) {
    nothing($("lag"), "Not known now", error.message);
    return null;
  }
}

async function refresh() {
  const [totals] = await query("totals");
  const [waiting, status, fill, newest] = await Promise.all([lag(), query("orders_by_status"), query("fill_rate_by_day"), query("latest_orders")]);
  $("welcome").hidden = totals.decisions > 0;
  tiles(totals, waiting);
  if (!totals.orders) {
    for (const id of ["orders_by_outcome", "orders_by_status", "time_to_allocate", "fill_rate_by_day", "latest_orders"]) {
      nothing($(id), "No orders yet", "They show here a second after they are decided.");
    }
    return;
  }
  const where = window_(totals);
  $("since").textContent = `Decided ${at(where.from)} to ${at(totals.last_at)} UTC`;
  const [outcome, time] = await Promise.all([query("orders_by_outcome", where), query("time_to_allocate", where)]);
  outcomes(outcome, where);
  latency(time, where);
  standing(status);
  fillRate(fill);
  table($("latest_orders"), [
    ["Decided", row => clock(row.time, 1)],
    ["Order", row => orderLink(row.order_id)],
    ["Channel", row => row.channel],
    ["Lines", row => count(row.lines), "n"],
    ["Units", row => count(row.units), "n"],
    ["Took", row => millis(row.latency_ms), "n"],
    ["Outcome", row => badge(row.outcome)],
  ], newest);
}

choices($("span"), SPANS, span, value => { span = value; refresh(); });
live(refresh, 2);
