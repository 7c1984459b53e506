// "Run a step": what Workflow Builder does with the app's steps, without a workflow around them.
import { el } from "./blocks.js";

const labels = { "slack#/types/user_id": "person", "slack#/types/timestamp": "time" };

function field(name, spec, needed, state) {
  const label = el("label", { class: "step-field" }, el("span", {}, spec.title + (needed ? " *" : "")));
  const input = spec.type === "slack#/types/user_id"
    ? el("select", { name }, state.users.filter((u) => u.kind !== "bot").map((u) => el("option", { value: u.id, selected: u.id === state.you }, u.real_name)))
    : el("input", { name, autocomplete: "off", placeholder: labels[spec.type] ?? spec.type });
  label.append(input, el("small", { class: "muted" }, spec.description));
  return label;
}

function shown(answer) {
  if (answer.error) return el("p", { class: "step-error" }, answer.error);
  return el("table", { class: "step-outputs" }, Object.entries(answer.outputs ?? {}).map(([name, value]) =>
    el("tr", {}, el("th", {}, name), el("td", {}, String(value)))));
}

export function openSteps(dialog, state, post) {
  const fields = el("div", { class: "view" });
  const result = el("div", { class: "step-result", role: "status" });
  const choice = el("select", { name: "step", "aria-label": "Step", onchange: () => draw() },
    Object.entries(state.steps).map(([name, step]) => el("option", { value: name }, step.title)));
  const draw = () => {
    const { input_parameters: inputs } = state.steps[choice.value];
    fields.replaceChildren(...Object.entries(inputs.properties).map(([name, spec]) => field(name, spec, inputs.required.includes(name), state)));
    result.replaceChildren();
  };
  const form = el("form", { onsubmit: async (e) => {
    e.preventDefault();
    const inputs = Object.fromEntries([...new FormData(form)].filter(([name, value]) => name !== "step" && value));
    result.replaceChildren(el("p", { class: "muted" }, "Running. A step that asks somebody waits for the press, ten minutes at most."));
    const answer = await post("/ui/step", { step: choice.value, inputs });
    if (answer.ok) result.replaceChildren(shown(answer));
  } },
  el("div", { class: "bar" }, el("h2", {}, "Run a workflow step"),
    el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => dialog.close() }, "✕")),
  choice, fields, result,
  el("div", { class: "foot" }, el("button", { type: "submit", class: "button primary" }, "Run")));
  dialog.replaceChildren(form);
  draw();
  dialog.showModal();
}
