// Where an order's time went, and its parcels.
import { at, badge, count, h, percent, spoken, table, took } from "./yipan.js";

const PARTS = { channel: "Shop", intake: "Intake", hold: "Held", stock: "Waits for stock", release: "With nobody", node: "Node", carrier: "Carrier" };
const STATES = {
  wave: "waits for its wave", told: "told, not yet accepted", accepted: "accepted, to be picked", picking: "being picked", picked: "picked, to be packed",
  packed: "packed, to be handed over", cancel_asked: "asked to cancel", cancel_refused: "too late to cancel", shipped: "handed over",
  in_vain: "came to nothing",
};
const whose = ({ part, who }) => (who && part !== "channel" ? `${PARTS[part]} ${who}` : PARTS[part]);
const what = ({ reason }) => STATES[reason] ?? spoken(reason);
const length = span => span.until - span.since;

// Rows of one order -> spans with an end, those that go on in the same state joined.
function spansOf(rows, now) {
  const spans = [];
  for (const row of rows) {
    const span = { ...row, until: row.until ?? Math.max(now, row.since), open: row.until == null };
    const last = spans.at(-1);
    if (last && last.part === span.part && last.reason === span.reason && last.who === span.who) Object.assign(last, { until: span.until, open: span.open });
    else spans.push(span);
  }
  return spans;
}

function segment(span) {
  const words = [whose(span), what(span), took(length(span))].filter(Boolean).join(", ");
  const piece = h("i", { class: `${span.part}${span.reason === "in_vain" ? " vain" : ""}${span.open ? " open" : ""}`, title: words });
  piece.style.flexGrow = String(length(span));
  return piece;
}

// By whose time it was, in the order of first appearance.
function shares(spans) {
  const found = new Map();
  for (const span of spans) {
    const name = whose(span);
    const known = found.get(name) ?? { name, part: span.part, ms: 0 };
    found.set(name, { ...known, ms: known.ms + length(span) });
  }
  return [...found.values()];
}

export function journeyCard(rows, now = Date.now()) {
  const spans = spansOf(rows, now);
  if (!spans.length) return "";
  const [first, last] = [spans[0], spans.at(-1)];
  const ours = spans.filter(span => span.part !== "channel");
  const parts = shares(ours);
  const whole = ours.reduce((sum, span) => sum + length(span), 0);
  const said = parts.map(({ name, ms }) => `${name} ${took(ms)}`).join(", ");
  const before = first.part === "channel" && first !== last ? ` It reached us ${took(length(first))} after it was placed.` : "";
  const details = h("div", { class: "scroll" });
  table(details, [
    ["Whose", span => h("span", { class: "whose" }, h("i", { class: span.part }), whose(span))],
    ["State", what],
    ["From", span => at(span.since)],
    ["Time", span => took(length(span)), "n"],
  ], spans);
  return h("div", { class: "card", id: "journey", style: "margin-top:16px" },
    h("h2", {}, "Where its time went"),
    h("p", {}, `${took(last.until - first.since)} from its placing ${last.open ? "until now" : "to its end"}.${before}`),
    whole ? h("div", { class: "journey", role: "img", "aria-label": said }, ours.map(segment)) : null,
    whole ? h("div", { class: "journey-ends" }, h("span", {}, at(ours[0].since)), h("span", {}, last.open ? "now" : at(last.until))) : null,
    h("ul", { class: "legend" }, parts.map(({ name, part, ms }) =>
      h("li", {}, h("i", { class: part }), h("b", {}, name), ` ${took(ms)}`, h("small", {}, ` ${percent(ms / whole)}`)))),
    h("details", {}, h("summary", {}, "Each state with its time"), details));
}

export function parcelsCard(parcels) {
  if (!parcels.length) return "";
  const box = h("div", { class: "scroll" });
  table(box, [
    ["Parcel", row => h("span", { class: "mono" }, row.tracking || "no number")],
    ["Carrier", row => row.carrier || "–"],
    ["From", row => row.node],
    ["Units", row => count(row.units), "n"],
    ["Shipped", row => at(row.shipped_at)],
    ["Carrier says", row => (row.status ? badge(row.status) : "nothing yet")],
    ["As of", row => at(row.status_at)],
    ["Delivered", row => at(row.delivered_at)],
  ], parcels);
  return h("div", { class: "card", style: "margin-top:16px" }, h("h2", {}, "Parcels"), box);
}
