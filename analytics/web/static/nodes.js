import { $, axis, bars, count, draw, live, meter, nothing, percent, query, table } from "./yipan.js";

function names(rows) {
  const label = { ...axis.category.axisLabel, interval: 0, hideOverlap: false, rotate: rows.length > 6 ? 35 : 0 };
  return { type: "category", data: rows.map(row => row.node), ...axis.category, axisLabel: label };
}

function rates(rows) {
  draw($("fill_rate_by_node"), {
    xAxis: names(rows),
    yAxis: { type: "value", max: 1, ...axis.value, axisLabel: { ...axis.value.axisLabel, formatter: percent } },
    tooltip: { trigger: "axis", valueFormatter: percent, confine: true },
    series: [
      bars("had", rows.map(row => row.fill_rate), { itemStyle: { borderRadius: [4, 4, 0, 0] } }),
      bars("kept", rows.map(row => row.kept_rate), { itemStyle: { color: "#a7c7f2", borderRadius: [4, 4, 0, 0] } }),
    ],
  });
}

function stock(rows) {
  const kinds = [["on hand", "on_hand"], ["promised", "reserved"], ["elsewhere", "elsewhere"]].filter(([, key]) => rows.some(row => row[key] > 0));
  draw($("stock_by_node"), {
    xAxis: names(rows),
    yAxis: { type: "value", ...axis.value },
    tooltip: { trigger: "axis", valueFormatter: count, confine: true },
    series: kinds.map(([name, key]) => bars(name, rows.map(row => row[key]), { stack: "all", barMaxWidth: 44 })),
  });
}

async function refresh() {
  const [fill, stored] = await Promise.all([query("fill_rate_by_node"), query("stock_by_node")]);
  if (fill.length) rates(fill);
  else nothing($("fill_rate_by_node"), "No node was asked yet", "Nodes show here with the first order that looks for stock.");
  if (stored.length) stock(stored);
  else nothing($("stock_by_node"), "No stock yet", "Bring it in with yipan import, or send a receipt or a count.");
  if (!fill.length) return nothing($("nodes"), "No node was asked yet", "");
  table($("nodes"), [
    ["Node", row => row.node],
    ["Had of what was asked", row => meter(row.fill_rate)],
    ["Kept of what it promised", row => meter(row.kept_rate, row.kept_rate < 0.98 ? "warn" : "")],
    ["Orders it could serve", row => count(row.orders_seen), "n"],
    ["Orders it was chosen for", row => count(row.orders_taken), "n"],
    ["Units taken on", row => count(row.units_taken), "n"],
    ["Units shipped", row => count(row.units_shipped), "n"],
    ["Units it could not ship", row => count(row.units_failed), "n"],
  ], fill);
}

live(refresh, 5);
