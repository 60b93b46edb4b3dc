import { $, axis, badge, bars, count, dated, draw, live, nothing, orderLink, query, spoken, table, tile } from "./yipan.js";

const SHOWN = 15;
const there = row => Math.min(row.units_waiting, row.on_hand);

function waitingFor(rows) {
  const shown = rows.slice(0, SHOWN).toReversed();
  draw($("backorders_by_sku"), {
    grid: { left: 4, right: 40, top: 34, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "value", ...axis.value },
    yAxis: { type: "category", data: shown.map(row => row.sku), ...axis.category },
    tooltip: { trigger: "axis", valueFormatter: count, confine: true },
    series: [
      bars("not on hand", shown.map(row => row.units_waiting - there(row)), { stack: "all", itemStyle: { color: "#e6a335" } }),
      bars("on hand, but not to be had for them", shown.map(there), { stack: "all", itemStyle: { color: "#c9dfd8" } }),
    ],
  });
}

async function refresh() {
  const [[totals], skus, orders, held, missing] = await Promise.all(
    ["totals", "backorders_by_sku", "waiting_orders", "held_orders", "shortages"].map(name => query(name)));
  $("tiles").replaceChildren(
    tile("Orders waiting", count(totals.waiting_orders), "", `of ${count(totals.orders)} orders`, totals.waiting_orders ? "warn" : ""),
    tile("Units waited for", count(totals.waiting_units), "", `in ${count(skus[0]?.skus_waiting ?? 0)} SKUs`, totals.waiting_units ? "warn" : ""),
    tile("Orders held", count(totals.held_orders), "", "until their reason is gone"),
    tile("Units promised and not there", count(totals.shortage_units), "", "as nodes and counts reported", totals.shortage_units ? "bad" : ""),
  );
  if (skus.length) waitingFor(skus);
  else nothing($("backorders_by_sku"), "Nothing is waited for", "Every order that may be promised is.");
  if (orders.length) {
    table($("waiting_orders"), [
      ["Order", row => orderLink(row.order_id)],
      ["Placed", row => dated(row.placed_at)],
      ["Units", row => count(row.ordered), "n"],
      ["Waits for", row => count(row.waiting), "n"],
      ["", row => badge(row.status)],
    ], orders);
  } else nothing($("waiting_orders"), "No order waits", "");
  if (held.length) {
    table($("held_orders"), [
      ["Order", row => orderLink(row.order_id)],
      ["Placed", row => dated(row.placed_at)],
      ["Units", row => count(row.ordered), "n"],
      ["Held for", row => spoken(row.holds.join(", "))],
    ], held);
  } else nothing($("held_orders"), "No order is held", "");
  if (missing.length) {
    table($("shortages"), [
      ["Reported", row => dated(row.time)],
      ["SKU", row => row.sku],
      ["Node", row => row.node],
      ["Units", row => count(row.units), "n"],
      ["Order", row => orderLink(row.order_id)],
    ], missing);
  } else nothing($("shortages"), "None so far", "Every promised unit was where the books said.");
}

live(refresh, 5);
