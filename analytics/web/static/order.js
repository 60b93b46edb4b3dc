import { $, at, badge, count, dated, fetchJson, h, live, millis, nothing, orderLink, query, spoken, table, wanted } from "./yipan.js";
import { journeyCard, parcelsCard } from "./order-life.js";
import { purchasesCard, tellPurchase } from "./order-purchases.js";

const PATIENCE = 12; // raw records looked up for one story

// ------------------------------------------------------------------ finding
async function find(text) {
  const found = text ? await query("order_search", { text }) : await query("latest_orders");
  if (found.length === 1 && text) return found[0].order_id;
  $("search").querySelector("input").value = text;
  if (!found.length) {
    nothing($("found"), text ? `No order is called ${text}` : "No orders yet", text ? "Try its number in the shop, or the end of its id." : "Type yipan demo to see some.");
    return "";
  }
  table($("found"), [
    ["Order", row => orderLink(row.order_id)],
    ["Number", row => row.number ?? ""],
    ["Channel", row => row.channel],
    ["Placed", row => (row.placed_at ? dated(row.placed_at) : at(row.time))],
    ["Units", row => count(row.ordered ?? row.units), "n"],
    ["", row => badge(row.status ?? row.outcome)],
  ], found);
  return "";
}

// ------------------------------------------------------------------ telling
// Policies that came by import are numbered by the time of it.
const version = number => (number > 1e12 ? `of ${at(number)}` : `version ${number}`);

const VERDICTS = { kind: "kind not used", not_listed: "not listed by policy", excluded: "excluded by policy" };
const verdictOf = word => VERDICTS[word] ?? spoken(word);

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

function head(order) {
  const money = order.currency ? ` · ${order.currency}` : "";
  return h("div", { class: "card" },
    h("h2", { style: "font-size:20px" }, h("span", { class: "mono", style: "font-size:18px" }, order.order_id), " ", badge(order.status)),
    h("dl", { class: "facts" },
      fact("Number", order.number || "–"),
      fact("Channel", `${order.channel || "–"}${money}`),
      fact("Segment", order.segment || "–"),
      fact("To", order.region || "–"),
      fact("Placed", order.placed_at ? at(order.placed_at) : "–"),
      fact("Revision", count(order.revision)),
      fact("Ordered", count(order.ordered)),
      fact("Promised", count(order.reserved)),
      fact("Shipped", count(order.shipped)),
      order.delivered ? fact("Delivered", count(order.delivered)) : null,
      order.returned ? fact("Came back", count(order.returned)) : null,
      fact("Waits for", count(order.waiting)),
      order.holds.length ? fact("Held for", spoken(order.holds.join(", "))) : null));
}

function step(kind, title, time, ...content) {
  return h("li", { class: kind }, h("div", { class: "card" }, h("h2", {}, title, h("time", {}, at(time))), ...content));
}

function rawStep(decision, view) {
  const place = `raw / ${decision.source_part} @ ${decision.source_off}`;
  if (!view?.found) {
    return step("raw", "Came in", decision.received_at ?? decision.time, h("dl", { class: "facts" }, fact("Record", place)),
      h("p", {}, view ? "The raw record itself is older than Kafka keeps it." : "The raw record cannot be read now."));
  }
  const headers = view.headers;
  return step("raw", ["Came in", h("span", { class: "badge info" }, headers.kind ?? "")], Number(headers.received_at) || view.time,
    h("dl", { class: "facts" },
      fact("Channel", headers.channel ?? "–"), fact("Shop", headers.shop ?? "–"), fact("Delivery", headers.delivery_id || "–"),
      fact("Record", place), fact("Bytes", count(view.bytes))));
}

function decisionStep(decision, events) {
  const about = decision.kind === "order" ? (decision.revision > 1 ? `Decision on revision ${decision.revision}` : "Decision") : `Decision on ${decision.kind === "nothing" ? "a repetition" : decision.kind}`;
  const facts = h("dl", { class: "facts" },
    fact("Took", millis(decision.latency_ms)), fact("Policy", version(decision.policy_version)), fact("Decider", `version ${decision.decider}`),
    fact("Log", `decisions / ${decision.part} @ ${decision.off}`), fact("Pool's decision", `no. ${count(decision.seq)}`));
  const considered = events.filter(event => event.type === "Considered").map(event => candidates(event.said));
  const said = events.map(tell).filter(Boolean).map(text => h("li", {}, text));
  const reason = decision.sentence ? h("p", {}, decision.sentence) : null;
  return step(events.length ? "decision" : "quiet", [about, badge(decision.outcome)], decision.time, facts, reason, h("ul", { class: "says" }, said), ...considered);
}

// What nodes and carriers see of goods on their way: a line each, and where it is written.
const SEEN = new Set(["Progressed", "Tracked", "Delivered", "ReturnTracked"]);
const isSeen = events => events.length > 0 && events.every(event => SEEN.has(event.type));

function seenStep(decision, events) {
  const place = `decisions / ${decision.part} @ ${decision.off}, from ${decision.source} / ${decision.source_part} @ ${decision.source_off}`;
  return h("li", { class: "fulfilment seen" }, h("div", { class: "card", title: place },
    events.map(event => h("p", {}, tell(event))), h("time", {}, at(decision.time))));
}

function candidates({ criteria = [], candidates: nodes = [], short = [], more = 0 }) {
  const box = h("div", { class: "scroll" });
  const rows = nodes.map(([node, covers, scores, verdict]) => ({ node, covers, scores, verdict }));
  rows.sort((a, b) => (b.verdict === "chosen") - (a.verdict === "chosen") || b.scores.length - a.scores.length || compare(a.scores, b.scores));
  table(box, [
    ["Node considered", row => row.node],
    ["Has, units", row => (row.verdict === "not_reached" ? "–" : count(row.covers)), "n"],
    ...criteria.map((name, i) => [name === "distance" ? "distance, km" : spoken(name), row => (row.scores.length ? count(name === "most_stock" ? -row.scores[i] : row.scores[i]) : "–"), "n"]),
    ["Verdict", row => h("span", { class: `badge ${row.verdict === "chosen" ? "good" : ""}` }, verdictOf(row.verdict))],
  ], rows, row => (row.verdict === "chosen" ? "chosen" : ""));
  if (more) box.append(h("p", {}, `${count(more)} more nodes rank behind these.`));
  if (short.length) box.append(h("p", {}, "Short of ", short.map(([sku, units]) => `${count(units)} × ${sku}`).join(", "), "."));
  return box;
}

function compare(a, b) {
  const i = a.findIndex((score, at) => score !== b[at]);
  return i < 0 ? 0 : a[i] - b[i];
}

function rowsOf(rows) {
  const named = rows.slice(0, 6).map(([, sku, units]) => `${count(units)} × ${sku}`).join(", ");
  return rows.length > 6 ? `${named} and ${count(rows.length - 6)} more lines` : named;
}

function tell(event) {
  const { type, node, fulfilment, units, reasons, said } = event;
  const why = spoken(reasons.join(", "));
  switch (type) {
    case "OrderPlaced": return said.revision > 1 ? `Taken as revision ${said.revision}: ${count(units)} units.` : `Taken: ${count(units)} units.`;
    case "OrderReduced": return `${count(units)} units taken off by refund ${said.reduction}.`;
    case "OrderHeld": return `Held: ${why}${said.by ? ` (by ${said.by}: ${said.why})` : ""}.`;
    case "HoldReleased": return `Released: ${why}${said.by ? ` (by ${said.by})` : ""}.`;
    case "OrderResolved": return "Its listings became known.";
    case "OrderCancelled": return `Cancelled${said.by ? ` by the ${said.by}` : ""}${why ? `: ${why}` : ""}.`;
    case "OrderRejected": return `Rejected by policy: ${why}.`;
    case "Reserved": return `${node} shall ship ${rowsOf(said.rows)} (${fulfilment}).`;
    case "FulfilmentReleased": return `${node} is told to ship ${rowsOf(said.rows)} (${fulfilment}${said.group ? `, in parcel ${said.group}` : ""}).`;
    case "CarrierChosen": return said.service
      ? `${said.carrier} ${said.service} carries ${fulfilment}: ${said.grams} g, ${said.price} in minor units of ${said.currency}, ${said.days ?? 0} days (rates ${said.table}).`
      : `Nobody carries ${fulfilment} (rates ${said.table}): ${said.unweighed?.length ? `nobody weighed ${said.unweighed.join(", ")}` : said.offers.map(([service, , , , , no]) => `${service} ${spoken(no)}`).join(", ")}.`;
    case "Unreserved": return `${node} gives back ${rowsOf(said.rows)} to ${spoken(said.to)}: ${why}.`;
    case "CancelRequested": return `${node} is asked to stop ${rowsOf(said.rows)}.`;
    case "FulfilmentRejected": return `${node} will not ship ${fulfilment}: ${why}.`;
    case "Backordered": return said.rows?.length ? `Waits for ${rowsOf(said.rows)}.` : "Waits for nothing more.";
    case "Shipped": return `${node} shipped ${rowsOf(said.rows)}.`;
    case "FoundShipped": return `${node} had shipped ${rowsOf(said.rows)} before it counted.`;
    case "Returned": return `${rowsOf(said.rows)} came back to ${node}, for inspection.`;
    case "Progressed": return `${node}: ${spoken(said.stage)}, at ${at(said.at)}.`;
    case "Tracked": return `${said.carrier || "The carrier"} says of parcel ${said.tracking}: ${spoken(said.status)}, at ${at(said.at)}.`;
    case "Delivered": return `${rowsOf(said.rows)} delivered (${said.tracking}), at ${at(said.delivered_at)}.`;
    case "ReturnRequested": return `${rowsOf(said.rows)} are to come back as return ${said.rma}${why ? `: ${why}` : ""}.`;
    case "ReturnTracked": return `${said.carrier || "The carrier"} says of return ${said.rma}: ${spoken(said.status)}, at ${at(said.at)}.`;
    case "ReturnEnded": return `No more of return ${said.rma} is waited for: ${spoken(said.end)}.`;
    case "Inspected": return `${node} looked at return ${said.rma}: ${said.lines.map(([sku, end, n]) => `${count(n)} × ${sku} ${spoken(end)}`).join(", ")}.`;
    case "CancelRefused": return `${node} says that it is too late to stop ${rowsOf(said.rows)}.`;
    case "Shortage": return `${count(units)} × ${said.sku} promised at ${node} were not there.`;
    default: return tellPurchase(event);
  }
}

function fulfilmentSteps(rows) {
  const words = { ordered: "told to ship", given_back: "given back", cancel_asked: "asked to stop", refused: "will not ship", shipped: "shipped" };
  const ids = [...new Set(rows.map(row => row.fulfilment))];
  return ids.map(id => {
    const steps = rows.filter(row => row.fulfilment === id);
    const last = steps.at(-1);
    const parcel = steps.find(row => row.tracking);
    return step("fulfilment", ["Fulfilment ", h("span", { class: "mono" }, id), badge(words[last.step])], last.time,
      h("dl", { class: "facts" }, fact("Node", last.node), fact("Units", count(steps[0].units)), fact("Lines", count(steps[0].lines)),
        parcel ? fact("Parcel", `${parcel.carrier} ${parcel.tracking}`) : null),
      h("ul", { class: "says" }, steps.map(row => h("li", {}, `${at(row.time)}: ${words[row.step]}${row.reason ? ` (${spoken(row.reason)})` : ""}, ${count(row.units)} units`))));
  });
}

function linesCard(lines) {
  const box = h("div", { class: "scroll" });
  table(box, [
    ["Line", row => row.line],
    ["Listed as", row => h("span", { class: "mono" }, row.listing)],
    ["SKU", row => row.sku || h("span", { class: "badge hold" }, "not known")],
    ["Quantity", row => count(row.quantity), "n"],
    ["Units of the SKU", row => count(row.units), "n"],
  ], lines);
  return h("div", { class: "card", style: "margin-top:16px" }, h("h2", {}, "Lines"), box);
}

function letterStep(letter) {
  return step("quiet", ["Went no further", h("span", { class: "badge bad" }, letter.code)], letter.time,
    h("p", {}, letter.sentence), h("dl", { class: "facts" }, fact("Stage", letter.stage), fact("Dead letter", `${letter.part}:${letter.off}`)));
}

const ASKED = ["order_head", "order_decisions", "order_events", "order_lines_of", "order_fulfilments", "order_journey", "order_parcels", "order_letters"];

async function tellStory(order) {
  const [[about], decisions, events, lines, fulfilments, journey, parcels, letters] = await Promise.all(ASKED.map(name => query(name, { order })));
  $("search").hidden = Boolean(about);
  if (!about) return find(order);
  for (const event of events) event.said = JSON.parse(event.payload);
  const ownOf = decision => events.filter(event => event.part === decision.part && event.off === decision.off);
  const fromRaw = decisions.filter(decision => decision.source === "raw" && !isSeen(ownOf(decision))).slice(0, PATIENCE);
  const views = await Promise.all(fromRaw.map(decision => fetchJson(`/api/raw/${decision.source_part}/${decision.source_off}`).catch(() => null)));
  const steps = decisions.flatMap(decision => {
    const own = ownOf(decision);
    const i = fromRaw.indexOf(decision);
    if (isSeen(own)) return [seenStep(decision, own)];
    return [...(i >= 0 ? [rawStep(decision, views[i])] : []), decisionStep(decision, own)];
  });
  const open = $("journey")?.querySelector("details").open;
  $("order").replaceChildren(head(about), journeyCard(journey), lines.length ? linesCard(lines) : "", parcelsCard(parcels), purchasesCard(events) ?? "",
    h("ol", { class: "story" }, steps, fulfilmentSteps(fulfilments), letters.map(letterStep)));
  if (open) $("journey").querySelector("details").open = true;
  $("order").dataset.ready = "true";
}

live(async () => {
  const order = wanted("id") || (await find(wanted("find").trim()));
  if (order) await tellStory(order);
}, 10);
