// Block Kit to DOM: what Slack would show of a message or a view. Knows nothing of the server.
import { chart, dataTable, table } from "./data.js";
// `ctx`: {user(id), channel(id), group(id), act(payload), openConfirm(confirm)} ; see app.js.

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", warning: "⚠️", red_circle: "🔴", large_yellow_circle: "🟡",
  large_green_circle: "🟢", large_blue_circle: "🔵", white_circle: "⚪", rotating_light: "🚨", information_source: "ℹ️",
  question: "❓", grey_question: "❔", bell: "🔔", no_bell: "🔕", zzz: "💤", eyes: "👀", telephone_receiver: "📞",
  phone: "☎️", arrow_up: "⬆️", arrow_down: "⬇️", money_with_wings: "💸", moneybag: "💰", chart_with_upwards_trend: "📈",
  chart_with_downwards_trend: "📉", hourglass: "⌛", hourglass_flowing_sand: "⏳", x: "❌", no_entry: "⛔", lock: "🔒",
  test_tube: "🧪", fire: "🔥", tada: "🎉", speech_balloon: "💬", clock3: "🕒", repeat: "🔁", wave: "👋", headphones: "🎧",
};

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) if (child != null) node.append(child);
  return node;
}

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export function time(ts, format = "{time}", fallback = "") {
  const at = new Date(Number(ts) * 1000);
  if (Number.isNaN(at.getTime())) return fallback;
  const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const day = at.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
  return format
    .replace("{time_secs}", at.toLocaleTimeString()).replace("{time}", clock)
    .replace(/\{date_short_pretty\}|\{date_pretty\}|\{date_long_pretty\}|\{date_short\}|\{date_long\}|\{date_num\}|\{date\}/g, day)
    .replace("{ago}", "");
}

// <…> as Slack writes it: a person, a channel, a group, everybody, a date, a link.
function token(inner, ctx) {
  const [head, label] = inner.split("|");
  if (head.startsWith("@")) return el("span", { class: "mention" }, "@" + ctx.user(head.slice(1)));
  if (head.startsWith("#")) return el("span", { class: "mention" }, "#" + (label || ctx.channel(head.slice(1))));
  if (head.startsWith("!subteam^")) return el("span", { class: "mention loud" }, "@" + ctx.group(head.slice(9)));
  if (head.startsWith("!date^")) {
    const [, ts, format] = head.split("^");
    return el("span", { class: "date", title: new Date(ts * 1000).toString() }, time(ts, format, label));
  }
  if (head.startsWith("!")) return el("span", { class: "mention loud" }, "@" + head.slice(1));
  return el("a", { href: head, target: "_blank", rel: "noopener noreferrer" }, unescape(label || head));
}

const MARKS = [["```", "pre"], ["`", "code"], ["*", "strong"], ["_", "em"], ["~", "s"]];

function inline(text, ctx) {
  const out = [];
  let plain = "";
  const flush = () => { if (plain) out.push(unescape(plain)); plain = ""; };
  let i = 0;
  scan: while (i < text.length) {
    if (text[i] === "<") {
      const end = text.indexOf(">", i);
      if (end > 0) { flush(); out.push(token(text.slice(i + 1, end), ctx)); i = end + 1; continue; }
    }
    const emoji = /^:([a-z0-9_+-]+):/.exec(text.slice(i, i + 40));
    if (emoji && EMOJI[emoji[1]]) { flush(); out.push(EMOJI[emoji[1]]); i += emoji[0].length; continue; }
    for (const [mark, tag] of MARKS) {
      if (!text.startsWith(mark, i)) continue;
      const before = i === 0 ? " " : text[i - 1];
      const end = text.indexOf(mark, i + mark.length);
      const body = end > 0 ? text.slice(i + mark.length, end) : "";
      const whole = body && !/^\s|\s$/.test(body) && !/[\p{L}\p{N}]/u.test(before) && (mark.length > 1 || !body.includes("\n"));
      if (!whole) continue;
      flush();
      out.push(el(tag, {}, tag === "code" || tag === "pre" ? unescape(body) : inline(body, ctx)));
      i = end + mark.length;
      continue scan;
    }
    plain += text[i++];
  }
  flush();
  return out;
}

export function mrkdwn(text, ctx) {
  const lines = String(text ?? "").split("\n");
  return lines.map((line, n) => {
    const tail = n < lines.length - 1 ? el("br") : null;
    return line.startsWith("&gt;") ? el("blockquote", {}, inline(line.slice(4).trim(), ctx)) : [inline(line, ctx), tail];
  });
}

export function textObject(object, ctx) {
  if (!object) return null;
  if (typeof object === "string") return mrkdwn(object, ctx);
  if (object.type === "mrkdwn") return mrkdwn(object.text, ctx);
  return String(object.text).replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI[name] ?? all);
}

function richInline(part, ctx) {
  let node;
  if (part.type === "text") node = el("span", {}, part.text.split("\n").flatMap((l, n) => (n ? [el("br"), l] : [l])));
  else if (part.type === "link") node = el("a", { href: part.url, target: "_blank", rel: "noopener noreferrer" }, part.text || part.url);
  else if (part.type === "user") node = el("span", { class: "mention" }, "@" + ctx.user(part.user_id));
  else if (part.type === "usergroup") node = el("span", { class: "mention loud" }, "@" + ctx.group(part.usergroup_id));
  else if (part.type === "channel") node = el("span", { class: "mention" }, "#" + ctx.channel(part.channel_id));
  else if (part.type === "broadcast") node = el("span", { class: "mention loud" }, "@" + part.range);
  else if (part.type === "date") node = el("span", { class: "date" }, time(part.timestamp, part.format, part.fallback));
  else if (part.type === "emoji") node = el("span", {}, EMOJI[part.name] ?? `:${part.name}:`);
  else node = el("span", {}, "");
  if (part.style?.bold) node = el("strong", {}, node);
  if (part.style?.italic) node = el("em", {}, node);
  if (part.style?.strike) node = el("s", {}, node);
  if (part.style?.code) node = el("code", {}, node);
  return node;
}

function rich(element, ctx) {
  const inner = () => element.elements.map((part) => richInline(part, ctx));
  if (element.type === "rich_text_list") {
    const items = element.elements.map((item) => el("li", {}, item.elements.map((part) => richInline(part, ctx))));
    return el(element.style === "ordered" ? "ol" : "ul", {}, items);
  }
  if (element.type === "rich_text_preformatted") return el("pre", {}, inner());
  if (element.type === "rich_text_quote") return el("blockquote", {}, inner());
  return el("div", {}, inner());
}

// One control. `ctx.act` gets what Slack would put into `actions`.
function control(element, block, ctx) {
  const send = async (extra) => {
    if (element.confirm && !(await ctx.openConfirm(element.confirm))) return false;
    ctx.act({ action_id: element.action_id, block_id: block.block_id, ...extra });
    return true;
  };
  if (element.type === "button") {
    const style = element.style ? ` ${element.style}` : "";
    return el("button", { class: "button" + style, "aria-label": element.accessibility_label,
      onclick: () => send({}) }, textObject(element.text, ctx));
  }
  if (element.type === "static_select" || element.type === "overflow") {
    const select = el("select", { class: "select", "aria-label": element.placeholder?.text ?? "More" });
    select.append(el("option", { value: "", selected: true }, element.placeholder?.text ?? "⋯"));
    const options = element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);
    options.forEach((option, n) => select.append(el("option", { value: String(n) }, textObject(option.text, ctx))));
    select.addEventListener("change", async () => {
      const chosen = options[Number(select.value)];
      select.value = "";
      if (chosen) await send({ value: chosen.value });
    });
    return select;
  }
  if (element.type === "image") return el("img", { class: "thumb", src: element.image_url, alt: element.alt_text });
  return el("span", { class: "unknown" }, `[${element.type}]`);
}

function cell(value, ctx) {
  if (value.type === "rich_text") return value.elements.map((e) => rich(e, ctx));
  return unescape(String(value.text ?? value.value ?? ""));
}

function input(block, ctx) {
  const element = block.element;
  const id = `${block.block_id}-${element.action_id}`;
  const field = element.type === "static_select"
    ? el("select", { id, class: "field" }, (element.options ?? []).map((o) =>
        el("option", { value: o.value, selected: o.value === element.initial_option?.value }, textObject(o.text, ctx))))
    : el(element.multiline ? "textarea" : "input", { id, class: "field", placeholder: element.placeholder?.text,
        maxlength: element.max_length, autocomplete: "off" });
  if (element.initial_value) field.value = element.initial_value;
  field.dataset.block = block.block_id;
  field.dataset.action = element.action_id;
  return el("div", { class: "input", "data-block": block.block_id },
    el("label", { for: id }, textObject(block.label, ctx), block.optional ? el("span", { class: "muted" }, " (optional)") : null),
    field, block.hint && el("div", { class: "muted" }, textObject(block.hint, ctx)), el("div", { class: "error", role: "alert" }));
}

export function block(b, ctx) {
  switch (b.type) {
    case "header": return el("h3", { class: "b-header" }, textObject(b.text, ctx));
    case "divider": return el("hr");
    case "section": return el("div", { class: "b-section" },
      el("div", { class: "words" }, textObject(b.text, ctx),
        b.fields && el("div", { class: "fields" }, b.fields.map((f) => el("div", {}, textObject(f, ctx))))),
      b.accessory && control(b.accessory, b, ctx));
    case "context": return el("div", { class: "b-context" }, b.elements.map((e) =>
      e.type === "image" ? control(e, b, ctx) : el("span", {}, textObject(e, ctx))));
    case "actions": return el("div", { class: "b-actions" }, b.elements.map((e) => control(e, b, ctx)));
    case "rich_text": return el("div", { class: "b-rich" }, b.elements.map((e) => rich(e, ctx)));
    case "table": return table(b, (c) => cell(c, ctx));
    case "data_table": return dataTable(b, (c) => cell(c, ctx));
    case "data_visualization": return chart(b);
    case "markdown": return el("div", { class: "b-section" }, el("div", {}, mrkdwn(b.text, ctx)));
    case "image": return el("figure", {}, el("img", { src: b.image_url, alt: b.alt_text }));
    case "input": return input(b, ctx);
    default: return el("div", { class: "unknown" }, `[${b.type}]`);
  }
}

// A message's blocks, or its text where it has none.
export function body(message, ctx) {
  const blocks = message.blocks ?? [];
  return blocks.length ? blocks.map((b) => block(b, ctx)) : el("div", { class: "b-section" }, el("div", {}, mrkdwn(message.text, ctx)));
}

// What a person typed into a form: {block_id: {action_id: value}}.
export function values(root) {
  const out = {};
  for (const field of root.querySelectorAll("[data-action]")) {
    (out[field.dataset.block] ??= {})[field.dataset.action] = field.value;
  }
  return out;
}
