"use strict";
// Filters, sorts and searches the samples of a report. Text is read and compared, never written as markup.
const browser = document.querySelector(".browser");
const list = browser.querySelector(".entries");
const entries = [...list.children];
const control = name => browser.querySelector(`[name=${name}]`);
const texts = new Map(entries.map(entry => [entry, entry.textContent.toLowerCase()]));

for (const name of ["metric", "outcome"]) {
  for (const value of new Set(entries.map(entry => entry.dataset[name]))) control(name).add(new Option(value, value));
}

const orders = {
  worst: (a, b) => a.dataset.change - b.dataset.change,
  best: (a, b) => b.dataset.change - a.dataset.change,
  metric: () => 0,
};
const directions = {
  worse: change => change < 0,
  better: change => change > 0,
  equal: change => change === 0,
};

function update() {
  const words = control("search").value.toLowerCase().split(/\s+/);
  const shown = entry =>
    words.every(word => texts.get(entry).includes(word)) &&
    ["metric", "outcome"].every(name => !control(name).value || control(name).value === entry.dataset[name]) &&
    (!control("direction").value || directions[control("direction").value](Number(entry.dataset.change)));
  let count = 0;
  for (const entry of entries.toSorted(orders[control("order").value])) {
    entry.hidden = !shown(entry);
    count += !entry.hidden;
    list.append(entry);
  }
  browser.querySelector("[role=status]").textContent = `${count} of ${entries.length} samples`;
}

const tools = browser.querySelector(".tools");
tools.addEventListener("input", update);
tools.hidden = false;
update();
