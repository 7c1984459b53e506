// The local Slack's page: channels, messages, slash commands, forms. The server holds all truth (see ui.py).
import { body, block, el, mrkdwn, textObject, time, values } from "./blocks.js";
import { openSteps } from "./steps.js";

const $ = (id) => document.getElementById(id);
let state = null;
let user = new URLSearchParams(location.search).get("user") || "";
let current = null; // the channel on screen
let thread = null; // the ts of the root whose thread is open
let events = null;
const drafts = new Map();

const by = (list, id) => list.find((item) => item.id === id);
const person = (id) => by(state.users, id) ?? { real_name: id, name: id, color: "#666", initials: "?" };

const context = (send) => ({
  user: (id) => person(id).real_name || person(id).name,
  channel: (id) => by(state.channels, id)?.name ?? id,
  group: (id) => by(state.usergroups, id)?.handle ?? id,
  act: send,
  openConfirm,
});

async function post(path, data = {}) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user, ...data }),
  }).then((r) => r.json()).catch(() => ({ ok: false, text: "The local Slack does not answer. Is the demo still running?" }));
  if (!answer.ok && answer.text) toast(answer.text, "error");
  return answer;
}

// -- messages ---------------------------------------------------------------------------------------

function avatar(id, app) {
  if (app) return el("div", { class: "avatar app", "aria-hidden": "true" }, "🔔");
  const who = person(id);
  return el("div", { class: "avatar", style: `background:${who.color}`, "aria-hidden": "true" }, who.initials);
}

function files(message) {
  return (message.files ?? []).map((f) => el("div", { class: "file" },
    el("strong", {}, f.title || f.name), el("span", { class: "muted" }, ` ${f.name} · ${Math.ceil(f.size / 1024)} kB`),
    f.mimetype?.startsWith("audio/") ? el("audio", { controls: true, src: f.url, preload: "metadata" })
      : el("a", { href: f.url, download: f.name }, "Download")));
}

function message(m, inThread = false) {
  const isApp = Boolean(m.app_id || m.bot_id);
  const ctx = context((action) => post("/ui/press", { message: m.id, ...action }));
  const name = m.from_slack ? "Slackbot" : isApp ? state.bot.name : person(m.user).real_name;
  const notes = [];
  if (m.ephemeral) notes.push(el("div", { class: "note" }, "👁 Only visible to you"));
  if (m.used) notes.push(el("div", { class: "note" }, `${person(m.user).real_name} used ${m.used}`));
  if (m.subtype === "thread_broadcast" && !inThread) {
    notes.push(el("button", { class: "note link", onclick: () => openThread(m.thread_ts) }, "↳ replied to a thread"));
  }
  const root = m.reply_count && !inThread
    ? el("button", { class: "replies", onclick: () => openThread(m.ts) }, `${m.reply_count} ${m.reply_count === 1 ? "reply" : "replies"}`)
    : null;
  const shortcuts = m.ephemeral ? [] : (state.shortcuts ?? []).filter((s) => s.kind === "message");
  const more = shortcuts.map((s) => el("button", { class: "more", title: s.name, onclick: () => post("/ui/shortcut", { callback_id: s.callback_id, message: m.id }) }, s.name));
  return el("article", { class: "message" + (m.ephemeral ? " ephemeral" : "") + (m.mentions_you ? " mentioned" : ""), "data-id": m.id },
    avatar(m.user, isApp && !m.from_slack),
    el("div", { class: "content" },
      notes,
      el("div", { class: "head" }, el("strong", {}, name), isApp && !m.from_slack ? el("span", { class: "badge" }, "APP") : null,
        el("time", { class: "muted" }, time(m.ts)), m.show_edited ? el("span", { class: "muted" }, "(edited)") : null),
      more.length ? el("div", { class: "hover" }, more) : null,
      body(m, ctx), files(m),
      (m.reactions ?? []).map((r) => el("span", { class: "reaction" }, `:${r.name}: ${r.count}`)), root));
}

function drawMessages(stick) {
  const box = $("messages");
  const atEnd = stick ?? box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const shown = (state.messages[current] ?? []).filter((m) => !m.thread_ts || m.thread_ts === m.ts || m.subtype === "thread_broadcast");
  box.replaceChildren(...(shown.length ? shown.map((m) => message(m)) : [el("p", { class: "empty" }, "Nothing here yet. Type / to see what Ringwatch can do.")]));
  if (atEnd) box.scrollTop = box.scrollHeight;
  drawThread();
}

function upsert(m) {
  const list = (state.messages[m.channel] ??= []);
  const at = list.findIndex((other) => other.id === m.id);
  if (at >= 0) list[at] = m;
  else list.push(m);
  if (m.channel !== current) return;
  const old = $("messages").querySelector(`[data-id="${CSS.escape(m.id)}"]`);
  if (old && (!m.thread_ts || m.thread_ts === m.ts || m.subtype === "thread_broadcast")) {
    const fresh = message(m);
    fresh.classList.add("changed");
    old.replaceWith(fresh);
    drawThread();
  } else drawMessages();
}

function openThread(ts) { thread = ts; drawThread(); }

function drawThread() {
  const box = $("thread");
  const list = thread ? (state.messages[current] ?? []).filter((m) => m.ts === thread || m.thread_ts === thread) : [];
  box.hidden = list.length === 0;
  if (box.hidden) return;
  box.replaceChildren(el("div", { class: "bar" }, el("strong", {}, "Thread"),
    el("button", { class: "close", "aria-label": "Close the thread", onclick: () => { thread = null; drawThread(); } }, "✕")),
    ...list.map((m) => message(m, true)));
}

// -- the frame around them ----------------------------------------------------------------------------

function drawSidebar() {
  $("team").replaceChildren(el("strong", {}, state.team.name),
    el("span", { class: "app-state" + (state.app.connected ? " on" : "") }, state.app.connected ? "Ringwatch is connected" : "Ringwatch is away"));
  const sign = { channel: "#", private: "🔒", dm: "●" };
  $("channels").replaceChildren(...state.channels.map((c) => el("button", {
    class: "channel" + (c.id === current ? " current" : "") + (c.unread ? " unread" : ""), "aria-current": c.id === current ? "true" : null,
    onclick: () => show(c.id) },
    el("span", { class: "sign" }, sign[c.kind] ?? "#"), c.kind === "dm" ? person(c.with).real_name : c.name,
    c.mentions ? el("span", { class: "count" }, String(c.mentions)) : null)));
  $("apps").replaceChildren(el("button", { class: "channel", onclick: () => { post("/ui/home"); drawHome(true); } }, el("span", { class: "sign" }, "⌂"), "Ringwatch Home"),
    state.demo?.home_assistant ? el("button", { class: "channel", onclick: () => drawHomeAssistant(true) }, el("span", { class: "sign" }, "⚙"), "Home Assistant") : "", ...(state.shortcuts ?? []).filter((s) => s.kind === "global").map((s) =>
    el("button", { class: "channel", onclick: () => post("/ui/shortcut", { callback_id: s.callback_id }) }, el("span", { class: "sign" }, "⚡"), s.name)),
    Object.keys(state.steps ?? {}).length ? el("button", { class: "channel", onclick: () => openSteps($("steps"), state, post) }, el("span", { class: "sign" }, "⚙"), "Workflow steps") : "");
  const people = state.users.filter((u) => u.kind !== "bot");
  const choice = el("select", { "aria-label": "Who you are", onchange: (e) => { user = e.target.value; start(); } },
    people.map((u) => el("option", { value: u.id, selected: u.id === state.you }, `${u.real_name} · ${u.title || u.kind}`)));
  $("me").replaceChildren(el("span", { class: "muted" }, "You are"), choice);
}

function drawTitle() {
  const c = by(state.channels, current);
  $("title").replaceChildren(el("strong", {}, c ? (c.kind === "dm" ? person(c.with).real_name : `# ${c.name}`) : ""),
    el("span", { class: "muted" }, c?.topic ?? ""));
  $("text").placeholder = c ? `Message ${c.kind === "dm" ? person(c.with).real_name : "#" + c.name}, or / for a command` : "";
}

function show(id) {
  drafts.set(current, $("text").value);
  current = id;
  thread = null;
  $("text").value = drafts.get(id) ?? "";
  drawSidebar(); drawTitle(); drawMessages(true); complete();
  post("/ui/read", { channel: id });
}

const words = { play: "▶ Play", pause: "⏸ Pause", faster: "⏩ Faster", slower: "⏪ Slower", restart: "↺ Restart" };

function drawDay() {
  const { demo, controls } = state;
  const bar = $("day");
  bar.hidden = !controls.length;
  if (bar.hidden) return;
  const hidden = demo?.playing ? "play" : "pause";
  const steps = demo?.steps ?? [];
  bar.replaceChildren(
    el("div", { class: "controls" }, controls.filter((name) => name !== hidden).map((name) =>
      el("button", { class: "button small", onclick: () => post(`/ui/demo/${name}`) }, words[name] ?? name.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase()))),
      demo?.speed ? el("span", { class: "muted" }, `${demo.speed}×`) : null),
    el("div", { class: "now" }, el("strong", {}, demo?.title ?? ""), demo?.text ? ` ${demo.text}` : ""),
    el("ol", { class: "steps" }, steps.map((s) => el("li", { class: s.done ? "done" : s.current ? "now-step" : "", title: s.title }, ""))));
}

// -- typing -------------------------------------------------------------------------------------------

let chosen = 0;

function complete() {
  const text = $("text").value;
  const list = $("completion");
  const fits = /^\/\S*$/.test(text) ? (state?.commands ?? []).filter((c) => c.command.startsWith(text.toLowerCase())) : [];
  chosen = Math.min(chosen, Math.max(fits.length - 1, 0));
  list.hidden = fits.length === 0;
  list.replaceChildren(...fits.map((c, n) => el("li", { role: "option", "aria-selected": n === chosen ? "true" : "false", class: n === chosen ? "chosen" : "",
    onmousedown: (e) => { e.preventDefault(); take(c); } },
    el("strong", {}, c.command), " ", el("span", { class: "hint" }, c.usage_hint ?? ""), el("div", { class: "muted" }, c.description))));
  return fits;
}

function take(command) { $("text").value = command.command + " "; complete(); $("text").focus(); }

$("text").addEventListener("input", () => { chosen = 0; complete(); });
$("text").addEventListener("keydown", (e) => {
  const fits = $("completion").hidden ? [] : complete();
  if (!fits.length) return;
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    chosen = (chosen + (e.key === "ArrowDown" ? 1 : fits.length - 1)) % fits.length;
    e.preventDefault(); complete();
  } else if (e.key === "Tab") { e.preventDefault(); take(fits[chosen]); }
  else if (e.key === "Enter" && fits[chosen].command !== $("text").value) { e.preventDefault(); take(fits[chosen]); }
  else if (e.key === "Escape") $("completion").hidden = true;
});
$("form").addEventListener("submit", async (e) => {
  e.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  complete();
  await post(text.startsWith("/") ? "/ui/command" : "/ui/say", { channel: current, text });
});

// -- dialogs ------------------------------------------------------------------------------------------

function openConfirm(confirm) {
  const dialog = $("confirm");
  const ctx = context(() => {});
  return new Promise((resolve) => {
    const close = (yes) => { dialog.close(); resolve(yes); };
    dialog.oncancel = () => resolve(false);
    dialog.replaceChildren(el("h2", {}, textObject(confirm.title, ctx)), el("div", { class: "words" }, textObject(confirm.text, ctx)),
      el("div", { class: "foot" }, el("button", { class: "button", onclick: () => close(false) }, textObject(confirm.deny, ctx) ?? "Cancel"),
        el("button", { class: `button ${confirm.style === "danger" ? "danger" : "primary"}`, autofocus: true, onclick: () => close(true) }, textObject(confirm.confirm, ctx) ?? "Yes")));
    dialog.showModal();
  });
}

let shownView = null;

function drawModal() {
  const dialog = $("modal");
  const view = state.modals.at(-1);
  if (!view) { shownView = null; if (dialog.open) dialog.close(); return; }
  const typed = shownView === view.id ? values(dialog) : {};
  shownView = view.id;
  const ctx = context((action) => post("/ui/press", { view: view.id, ...action }));
  const close = () => post("/ui/close", { view: view.id });
  const form = el("form", { onsubmit: async (e) => { e.preventDefault(); await post("/ui/submit", { view: view.id, values: values(dialog) }); } },
    el("div", { class: "bar" }, el("h2", {}, textObject(view.title, ctx)), el("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "✕")),
    el("div", { class: "view" }, view.blocks.map((b) => block(b, ctx))),
    el("div", { class: "foot" }, el("button", { type: "button", class: "button", onclick: close }, textObject(view.close, ctx) ?? "Cancel"),
      view.submit ? el("button", { type: "submit", class: "button primary" }, textObject(view.submit, ctx)) : null));
  dialog.replaceChildren(form);
  dialog.oncancel = (e) => { e.preventDefault(); close(); };
  for (const [id, actions] of Object.entries(typed)) for (const [action, value] of Object.entries(actions)) {
    const field = dialog.querySelector(`[data-block="${CSS.escape(id)}"][data-action="${CSS.escape(action)}"]`);
    if (field && value != null) field.value = value;
  }
  for (const [id, text] of Object.entries(view.errors ?? {})) {
    const slot = dialog.querySelector(`.input[data-block="${CSS.escape(id)}"] .error`);
    if (slot) slot.textContent = text;
  }
  if (!dialog.open) dialog.showModal();
}

function toast(text, kind = "info", onclick = null) {
  const node = el("div", { class: `toast ${kind}`, onclick }, text);
  $("toasts").append(node);
  setTimeout(() => node.remove(), 7000);
}

function drawHome(open = false) {
  const dialog = $("home");
  if (!open && !dialog.open) return;
  const view = state.home;
  const ctx = context((action) => post("/ui/press", { view: view.id, ...action }));
  dialog.replaceChildren(el("div", { class: "bar" }, el("h2", {}, "Ringwatch · Home"),
    el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => dialog.close() }, "✕")),
    el("div", { class: "view" }, view ? view.blocks.map((b) => block(b, ctx)) : el("p", { class: "muted" }, "Ringwatch is publishing it …")));
  if (!dialog.open) dialog.show();
}

function drawHomeAssistant(open = false) {
  const dialog = $("home-assistant");
  if (!open && !dialog.open) return;
  const devices = state.demo?.home_assistant ?? [];
  const problem = (e) => ["problem", "connectivity"].includes(e.class) && e.state === (e.class === "problem" ? "ON" : "OFF");
  const value = (e) => e.class === "problem" ? { ON: "Problem", OFF: "OK" }[e.state] ?? e.state
    : e.class === "connectivity" ? { ON: "Connected", OFF: "Disconnected" }[e.state] ?? e.state
    : e.class === "timestamp" && e.state.includes("T") ? new Date(e.state).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" })
    : ["unknown", "unavailable"].includes(e.state) ? e.state : e.class === "monetary" ? `${Number(e.state).toFixed(2)} ${e.unit}` : `${e.state}${e.unit ? ` ${e.unit}` : ""}`;
  dialog.replaceChildren(el("div", { class: "bar" }, el("h2", {}, "What Home Assistant shows"),
    el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => dialog.close() }, "✕")),
    el("p", { class: "muted" }, "The entities that Ringwatch describes to a broker by MQTT discovery, and their values now."),
    el("div", { class: "devices" }, devices.map((d) => el("section", { class: "device" }, el("h3", {}, d.name, el("span", { class: "muted" }, ` ${d.of}`)),
      el("dl", {}, d.entities.filter((e) => !e.diagnostic).flatMap((e) => [el("dt", {}, e.name), el("dd", { class: problem(e) ? "problem" : e.state === "unavailable" ? "muted" : "" }, value(e))]))))));
  if (!dialog.open) dialog.show();
}

// -- the stream ---------------------------------------------------------------------------------------

const handlers = {
  reset: () => start(),
  message: ({ message: m, new: fresh }) => { upsert(m); if (fresh && m.channel === current) post("/ui/read", { channel: current }); },
  removed: ({ channel, id }) => { state.messages[channel] = (state.messages[channel] ?? []).filter((m) => m.id !== id); if (channel === current) drawMessages(); },
  channels: ({ channels }) => { state.channels = channels; drawSidebar(); },
  modals: ({ modals }) => { state.modals = modals; drawModal(); },
  notify: ({ channel, title, text }) => toast([el("strong", {}, title), el("div", {}, mrkdwn(text, context(() => {})))], "notify", () => show(channel)),
  home: ({ home }) => { state.home = home; drawHome(); },
  notice: ({ text, kind }) => toast(text, kind),
  app: (app) => { state.app = app; drawSidebar(); },
  demo: ({ demo }) => { state.demo = demo; drawDay(); drawHomeAssistant(); },
};

async function start() {
  events?.close();
  const query = user ? `?user=${encodeURIComponent(user)}` : "";
  state = await fetch(`/ui/state${query}`).then((r) => r.json());
  user = state.you;
  if (!by(state.channels, current)) current = (state.channels.find((c) => c.name === "voip-alerts") ?? state.channels[0])?.id;
  drawSidebar(); drawTitle(); drawDay(); drawMessages(true); drawModal();
  events = new EventSource(`/ui/events?user=${encodeURIComponent(user)}&since=${state.seq}`);
  for (const [name, handle] of Object.entries(handlers)) events.addEventListener(name, (e) => handle(JSON.parse(e.data)));
  complete();  // somebody may have typed before the state was here
  $("text").focus();
}

start();
