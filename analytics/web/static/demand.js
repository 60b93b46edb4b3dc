import { $, axis, badge, bars, count, dated, day, decimal, draw, h, line, live, meter, nothing, percent, query, series, table, wanted } from "./yipan.js";

const DAY = 86_400_000;
let sku = wanted("sku");

function chart(history, forecast) {
  if (!history.length) return nothing($("demand"), "No demand yet", "It shows here with the first order of this SKU.");
  const first = history[0].time;
  const last = Math.max(history.at(-1).time, forecast.at(-1)?.time ?? 0);
  const days = Array.from({ length: (last - first) / DAY + 1 }, (_, i) => first + i * DAY);
  const ahead = new Map(forecast.map(row => [row.time, row]));
  const pick = key => days.map(time => ahead.get(time)?.[key] ?? null);
  const band = forecast.some(row => row.low != null);
  const low = pick("low");
  const parts = series(history, days, "time", "channel", "demand", []).map(({ name, data }) => bars(name, data, { stack: "demand", barCategoryGap: "20%" }));
  if (forecast.length) parts.push(line("expected", pick("expected"), { itemStyle: { color: "#14202b" }, lineStyle: { width: 2.4, color: "#14202b" }, z: 5 }));
  if (band) {
    const hidden = { lineStyle: { opacity: 0 }, showSymbol: false, stack: "band", stackStrategy: "all", silent: true };
    parts.push(line("low", low, { ...hidden, tooltip: { show: false } }));
    parts.push(line("80 % range", pick("high").map((high, i) => (high == null ? null : high - low[i])), { ...hidden, itemStyle: { color: "#9aa8b5" }, areaStyle: { color: "#14202b", opacity: 0.13 } }));
  }
  draw($("demand"), {
    legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 11, itemHeight: 11, itemGap: 16, textStyle: { color: "#5b6b7a" }, data: parts.map(part => part.name).filter(name => name !== "low") },
    xAxis: { type: "category", data: days.map(day), ...axis.category },
    yAxis: { type: "value", ...axis.value },
    tooltip: { trigger: "axis", confine: true, axisPointer: { type: "shadow" }, valueFormatter: value => (value == null ? "–" : decimal(value)) },
    series: parts,
  });
}

function risk(rows, run) {
  if (!run) return nothing($("stock_risk"), "No forecast yet", "The first one is made when orders have rested for some seconds.");
  if (!rows.length) return nothing($("stock_risk"), "No SKU is at risk", `What is free covers the demand expected in ${run.lead_days} days.`);
  const mood = chance => (chance >= 0.8 ? "bad" : chance >= 0.5 ? "warn" : "");
  table($("stock_risk"), [
    ["SKU", row => h("a", { href: `?${new URLSearchParams({ sku: row.sku })}` }, row.sku)],
    ["Runs out within " + run.lead_days + " days", row => meter(row.chance_out, mood(row.chance_out))],
    ["On hand", row => count(row.on_hand), "n"],
    ["Waited for", row => count(row.units_waiting), "n"],
    ["Expected demand", row => decimal(row.lead_demand), "n"],
    ["Days of cover", row => decimal(row.days_of_cover), "n"],
    ["Reorder", row => h("b", {}, count(row.reorder_units)), "n"],
  ], rows);
}

function models(rows, run) {
  if (!rows.length) return nothing($("backtest"), "No backtest yet", run ? "There are too few days of history to look back." : "It comes with the first forecast.");
  table($("backtest"), [
    ["Model", row => h("span", {}, row.model, " ", row.model === run.champion ? badge("in use") : "")],
    ["Error", row => decimal(100 * row.vs_naive), "n"],
    ["Off by, 4 weeks", row => percent(row.wape), "n"],
    ["Bias", row => (row.bias > 0 ? "+" : "") + percent(row.bias), "n"],
  ], rows);
}

async function refresh() {
  const [history, forecast, [run], risky, tests, names] = await Promise.all([
    query("demand_by_day", { sku }), query("demand_forecast", { sku }), query("forecast_run"), query("stock_risk"), query("backtest"), query("demand_skus"),
  ]);
  $("heading").textContent = sku || "All SKUs";
  $("run").textContent = run ? `Forecast of ${count(run.series)} SKUs for ${run.horizon} days after ${dated(Date.parse(run.last_day))}` : "The first forecast is made when orders have rested for some seconds";
  $("skus").replaceChildren(...names.map(row => h("option", { value: row.sku }, `${count(row.units_28d)} units in 28 days`)));
  chart(history, forecast);
  risk(risky, run);
  models(tests, run);
}

$("sku").value = sku;
$("sku").onchange = () => {
  sku = $("sku").value.trim();
  history.replaceState(null, "", sku ? `?${new URLSearchParams({ sku })}` : location.pathname);
  refresh();
};
live(refresh, 15);
