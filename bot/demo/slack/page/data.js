// Slack's tables and charts: sortable pages of rows, and a course drawn as SVG.
import { el } from "./blocks.js";

const SVG = "http://www.w3.org/2000/svg";
const words = (cell) => String(cell?.text ?? cell?.value ?? "");

function svg(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
}

export function table(block, cell) {
  const [head, ...rows] = block.rows ?? [];
  const align = (at) => block.column_settings?.[at]?.align ?? (rows.every((r) => r[at]?.type === "raw_number") ? "right" : "left");
  return el("div", { class: "table-wrap" }, el("table", {},
    head && el("thead", {}, el("tr", {}, head.map((c, at) => el("th", { scope: "col", style: `text-align:${align(at)}` }, cell(c))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((c, at) => el("td", { style: `text-align:${align(at)}` }, cell(c))))))));
}

export function dataTable(block, cell) {
  const [head, ...rows] = block.rows ?? [];
  const size = block.page_size ?? 5;
  let page = 0, sorted = rows, by = null, up = true;
  const box = el("div", { class: "data-table" });
  const compare = (a, b) => {
    const [x, y] = [a[by], b[by]];
    const order = x.type === "raw_number" && y.type === "raw_number" ? x.value - y.value : words(x).localeCompare(words(y), undefined, { numeric: true });
    return up ? order : -order;
  };
  const draw = () => {
    const pages = Math.max(1, Math.ceil(sorted.length / size));
    const shown = { rows: [head, ...sorted.slice(page * size, page * size + size)] };
    const drawn = table(shown, cell);
    drawn.querySelectorAll("th").forEach((th, at) => {
      th.replaceChildren(el("button", { class: "sort", "aria-label": `Sort by ${words(head[at])}`, onclick: () => {
        up = by === at ? !up : true; by = at; page = 0; sorted = [...rows].sort(compare); draw();
      } }, words(head[at]), by === at ? (up ? " ↑" : " ↓") : ""));
    });
    box.replaceChildren(drawn, el("div", { class: "pages" },
      el("button", { class: "button small", disabled: page === 0 ? true : null, onclick: () => { page -= 1; draw(); } }, "Back"),
      el("span", { class: "muted" }, `${page * size + 1}–${Math.min(sorted.length, page * size + size)} of ${sorted.length}`),
      el("button", { class: "button small", disabled: page + 1 >= pages ? true : null, onclick: () => { page += 1; draw(); } }, "Next")));
  };
  draw();
  return box;
}

export function chart(block) {
  const { chart: body, title } = block;
  const names = body.axis_config?.categories ?? [];
  const all = (body.series ?? []).flatMap((s) => s.data.map((d) => d.value));
  const [low, high] = [Math.min(0, ...all), Math.max(1, ...all)];
  const [wide, tall, left, foot] = [520, 150, 44, 22];
  const x = (n) => left + (names.length > 1 ? (n * (wide - left - 12)) / (names.length - 1) : 0);
  const y = (value) => 8 + ((high - value) * (tall - foot - 8)) / (high - low);
  const drawn = svg("svg", { viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": title });
  drawn.append(svg("line", { x1: left, x2: wide - 8, y1: y(0), y2: y(0), class: "axis" }));
  for (const value of [high, low]) drawn.append(svg("text", { x: left - 6, y: y(value) + 4, class: "tick end" }, value.toFixed(0)));
  names.forEach((name, n) => { if (n % Math.ceil(names.length / 6) === 0 || n === names.length - 1) drawn.append(svg("text", { x: x(n), y: tall - 6, class: "tick mid" }, name)); });
  for (const series of body.series ?? []) {
    const points = series.data.map((d, n) => [x(names.indexOf(d.label) < 0 ? n : names.indexOf(d.label)), y(d.value)]);
    if (body.type === "bar") points.forEach(([px, py]) => drawn.append(svg("rect", { x: px - 6, width: 12, y: Math.min(py, y(0)), height: Math.abs(y(0) - py), class: "bar" })));
    else drawn.append(svg("polyline", { points: points.map((p) => p.join(",")).join(" "), class: "line" }));
  }
  return el("figure", { class: "chart" }, el("figcaption", {}, title, body.axis_config?.y_label ? ` · ${body.axis_config.y_label}` : ""), drawn);
}
