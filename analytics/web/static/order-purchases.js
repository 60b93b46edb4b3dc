import { badge, count, h, spoken, table } from "./yipan.js";

// What is bought of a node that bills us (docs/dropshipping.md), read off the order's events. Amounts are minor units.
const WORDS = {
  currency: () => "it is in another currency",
  not_ordered: (sku, _, found) => `${count(found)} × ${sku} were not ordered`,
  no_cost: sku => `no price of ${sku} is agreed`,
  price: (sku, agreed, found) => `${sku} costs ${count(agreed)}, billed at ${count(found)}`,
  not_shipped: (sku, left, found) => `${count(found)} × ${sku} are billed, ${count(left)} have left and are not billed yet`,
  freight: (_, agreed, found) => `freight of ${count(agreed)} is agreed, billed at ${count(found)}`,
};

const priced = lines => lines.map(([, sku, units, cost]) => `${count(units)} × ${sku} at ${cost === null ? "no agreed price" : count(cost)}`).join(", ");
const why = differences => differences.map(([reason, sku, agreed, found]) => WORDS[reason](sku, agreed, found)).join("; ");

export function tellPurchase({ type, node, fulfilment, said }) {
  const money = `in minor units of ${said.currency}`;
  switch (type) {
    case "PurchaseOrdered": return `Bought of ${node} as ${fulfilment}: ${priced(said.lines)}, ${money}.`;
    case "BilledBack": return `${node} bills ${count(said.total)} ${money} (${said.document}): ${said.differences ? `disputed, ${why(said.differences)}` : "approved"}.`;
    case "BillSettled": return `Bill ${said.document} is ${said.verdict}${said.by ? ` by ${said.by}` : ": it matches what has left by now"}.`;
    case "CreditExpected": return `${node} is to credit what came back: ${priced(said.lines)}, ${money}.`;
    default: return "";
  }
}

const unitsOf = rows => rows.reduce((sum, row) => sum + row[2], 0);

function leave(purchase, rows) {
  purchase.shipped += unitsOf(rows);
  for (const [, sku, units] of rows) purchase.left[sku] = (purchase.left[sku] ?? 0) + units;
}

// Whether all that has left, and nothing else, is in approved bills.
function allBilled({ left, bills }) {
  const rest = { ...left };
  for (const { lines, verdict } of bills.values()) {
    if (verdict === "approved") for (const [sku, units] of lines) rest[sku] = (rest[sku] ?? 0) - units;
  }
  return Object.values(rest).every(units => !units);
}

function follow(purchase, { type, said }) {
  switch (type) {
    case "Progressed": purchase.acknowledged = true; break;
    case "Unreserved": purchase.off += unitsOf(said.rows); purchase.ended = ["rejected", "short"].includes(said.reason) ? "declined" : said.reason === "timed_out" ? "timed_out" : "cancelled"; break;
    case "FoundShipped": purchase.off -= unitsOf(said.rows); leave(purchase, said.rows); break;
    case "Shipped": leave(purchase, said.rows); break;
    case "BilledBack": purchase.bills.set(said.document, { total: said.total, lines: said.lines, verdict: said.differences ? "disputed" : "approved" }); break;
    case "BillSettled": purchase.bills.set(said.document, { ...purchase.bills.get(said.document), verdict: said.verdict }); break;
  }
}

// As tables/purchases.py has it.
function stateOf(purchase) {
  const { units, off, shipped, ended, acknowledged, bills } = purchase;
  const verdicts = [...bills.values()].map(bill => bill.verdict);
  if (verdicts.includes("disputed")) return "disputed";
  if (verdicts.includes("approved")) return off + shipped < units || !allBilled(purchase) ? "billed" : "approved";
  if (shipped) return off + shipped < units ? "partially_shipped" : "shipped";
  if (off >= units) return ended;
  return acknowledged ? "acknowledged" : "ordered";
}

export function purchasesCard(events) {
  const found = new Map();
  for (const event of events) {
    if (event.type === "PurchaseOrdered") {
      const { currency, lines } = event.said;
      found.set(event.fulfilment, { name: event.fulfilment, node: event.node, currency, units: unitsOf(lines), off: 0, shipped: 0, left: {}, bills: new Map() });
    } else if (found.has(event.fulfilment)) follow(found.get(event.fulfilment), event);
  }
  if (!found.size) return null;
  const box = h("div", { class: "scroll" });
  table(box, [
    ["Purchase", row => h("span", { class: "mono" }, row.name)],
    ["Of", row => row.node],
    ["", row => badge(stateOf(row))],
    ["Units", row => count(row.units), "n"],
    ["Shipped", row => count(row.shipped), "n"],
    ["Bills", row => [...row.bills].map(([document, { total, verdict }]) => `${document}: ${count(total)}, ${spoken(verdict)}`).join("; ")],
    ["Minor units of", row => row.currency],
  ], [...found.values()]);
  return h("div", { class: "card", style: "margin-top:16px" }, h("h2", {}, "Bought"), box);
}
