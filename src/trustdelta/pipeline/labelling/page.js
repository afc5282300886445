"use strict";
const at = (id) => document.getElementById(id);
let item = null, masked = false, busy = false, stopped = false;

function left(seconds) {
  if (seconds === null) return "";
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? ", less than a minute left" : `, about ${minutes} min left`;
}

function mask(on) {
  masked = on;
  at("mask").hidden = !on;
  at("texts").hidden = on;
  at("classes").hidden = at("skip").hidden = on;
}

function show(state) {
  const same = item && state.item && item.id === state.item.id;
  item = state.item;
  at("progress").max = Math.max(state.total, 1);
  at("progress").value = state.done;
  at("count").textContent = `${state.done} of ${state.total}${item ? left(state.left) : ""}`;
  at("problem").textContent = state.error || "";
  at("work").hidden = !item;
  at("end").hidden = !!item;
  if (!item) { at("farewell").textContent = "All texts are labelled."; return; }
  at("question").textContent = item.question;
  at("prompt").textContent = item.prompt;
  at("answer").textContent = item.text;
  const buttons = item.classes.map((c, i) => {
    const button = document.createElement("button"), key = document.createElement("kbd"), more = document.createElement("small");
    button.type = "button";
    key.textContent = String(i + 1);
    more.textContent = c.meaning;
    button.append(c.name, key, more);
    button.addEventListener("click", () => choose(i));
    return button;
  });
  at("classes").replaceChildren(...buttons);
  if (!same) { mask(item.hidden); at("answer").scrollTop = at("prompt").scrollTop = 0; }
}

async function send(path, body) {
  if (busy || stopped) return;
  busy = true;
  try {
    const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const reply = await fetch(path, options);
    show(await reply.json());
  } catch {
    at("problem").textContent = "The program that serves this page has ended; start it again to go on. Labels so far are stored.";
  } finally {
    busy = false;
  }
}

function choose(choice) {
  if (item && !masked) send("label", { id: item.id, choice });
}

async function stop() {
  await send("stop", {});
  item = null;
  stopped = true;
  at("work").hidden = at("undo-last").hidden = true;
  at("end").hidden = false;
  at("farewell").textContent = "Stopped. Run the same command to go on.";
}

at("reveal").addEventListener("click", () => mask(false));
at("skip").addEventListener("click", () => choose(null));
for (const id of ["undo", "undo-last"]) at(id).addEventListener("click", () => send("undo", {}));
at("stop").addEventListener("click", stop);
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "u") send("undo", {});
  else if (item && masked && key === " ") { event.preventDefault(); mask(false); }
  else if (item && key === "0") choose(null);
  else if (item && /^[1-9]$/.test(key) && Number(key) <= item.classes.length) choose(Number(key) - 1);
});
send("item");
