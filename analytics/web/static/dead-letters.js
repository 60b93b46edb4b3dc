import { $, at, axis, badge, bars, choices, count, draw, h, live, nothing, query, spoken, table } from "./yipan.js";

const VERDICTS = [["", "All"], ["rejected", "Rejected"], ["ignored", "Ignored"]];
let verdict = "";

function reasons(rows) {
  if (!rows.length) return nothing($("dead_letters_by_code"), "No dead letters", "Every record so far became a command.");
  const codes = [...new Set(rows.map(row => row.code))].slice(0, 20);
  const of = (code, kind) => rows.find(row => row.code === code && row.verdict === kind)?.letters ?? 0;
  draw($("dead_letters_by_code"), {
    xAxis: { type: "category", data: codes.map(spoken), ...axis.category },
    yAxis: { type: "value", minInterval: 1, ...axis.value },
    series: [["rejected", "#c53b3b"], ["ignored", "#b3bec8"]].map(([kind, color]) => bars(kind, codes.map(code => of(code, kind)), { stack: "all", barMaxWidth: 56, itemStyle: { color } })),
  });
}

async function refresh() {
  const [codes, letters] = await Promise.all([query("dead_letters_by_code"), query("dead_letters", { verdict })]);
  reasons(codes);
  if (!letters.length) return nothing($("dead_letters"), "None", "");
  table($("dead_letters"), [
    ["Time", row => at(row.time)],
    ["", row => h("span", { class: `badge ${row.verdict === "rejected" ? "bad" : ""}` }, row.verdict)],
    ["Reason", row => spoken(row.code)],
    ["What to do", row => row.sentence, "wide"],
    ["Shop", row => row.shop],
    ["Key", row => h("span", { class: "mono" }, row.key)],
    ["Original", row => h("span", { class: "mono" }, `${row.topic}/${row.part}@${row.off}`)],
    ["Bytes", row => count(row.bytes), "n"],
  ], letters);
}

choices($("verdict"), VERDICTS, verdict, value => { verdict = value; refresh(); });
live(refresh, 5);
