// The page's script on a stand-in for a browser's document: keys in, requests to the real server out.
"use strict";
const [, , base, source, keys] = process.argv;
const elements = new Map(), listeners = [];

function element() {
  return {
    hidden: false, textContent: "", value: 0, max: 1, scrollTop: 0, children: [], clicks: [],
    addEventListener(kind, act) { this.clicks.push(act); },
    append(...parts) { this.children.push(...parts); },
    replaceChildren(...parts) { this.children = parts; },
  };
}

globalThis.document = {
  title: "labels",
  getElementById(id) { if (!elements.has(id)) elements.set(id, element()); return elements.get(id); },
  createElement: element,
  addEventListener(kind, act) { listeners.push(act); },
};
const real = globalThis.fetch;
let open = 0;
globalThis.fetch = async (path, options) => {
  open += 1;
  try {
    const reply = await real(base + path, options);
    return new Response(await reply.text(), { status: reply.status }); // read whole, so that `settled` waits for it
  } finally { open -= 1; }
};
const settled = async () => { do { await new Promise((done) => setTimeout(done, 30)); } while (open); };

async function walk() {
  (0, eval)(require("fs").readFileSync(source, "utf-8"));
  await settled();
  const seen = [];
  for (const key of keys.split(",")) {
    if (key.startsWith("#")) document.getElementById(key.slice(1)).clicks.forEach((act) => act());
    else listeners.forEach((act) => act({ key: key === "space" ? " " : key, preventDefault() {} }));
    await settled();
    const at = (id) => document.getElementById(id);
    seen.push({ key, prompt: at("prompt").textContent, count: at("count").textContent, masked: !at("mask").hidden, choices: !at("classes").hidden, end: !at("end").hidden, problem: at("problem").textContent });
  }
  console.log(JSON.stringify({ title: document.title, seen }));
}

walk();
