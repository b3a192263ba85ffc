// Answers a change of the explorer of runs. It has its models; `every` (column -> a value a run, the most accurate
// first), `filters` (the columns that lists choose by), `all` (what a list says for every value).

// Each list offers what is left by those before it.
const lists = { dataset, network, training, timesteps, family };
let left = every.id.map((_, i) => i), comparable = left;
for (const key of filters) {
  const there = [...new Set(left.map((i) => every[key][i]))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const list = lists[key], options = [all, ...there];
  list.options = options;
  list.disabled = there.length < 2; // every choice would show the same
  if (!options.includes(list.value)) list.value = all;
  if (list.value !== all) left = left.filter((i) => every[key][i] === list.value);
  if (key === "network") comparable = left;
}

const measured = left.filter((i) => every[cost.value][i] !== null);
const label = cost.options.find(([value]) => value === cost.value)[1];
const pick = (key) => measured.map((i) => every[key][i]);
const data = Object.fromEntries(Object.keys(every).map((key) => [key, pick(key)]));
data.x = data[cost.value];
data.cost = data.x.map((value) => `${label}: ${Number(value.toPrecision(4))}`);
const source = chart.renderers[0].data_source;
source.selected.indices = [];
source.data = data;
chart.below[0].axis_label = label;

// The axes fit all runs of the chosen data set and network, so that points stay where they are when T, the training or
// the method changes; a part that the reader has enlarged stays enlarged.
function fit(range, values, from) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = 0.04 * (high - (from ?? low)) || 1, start = from ?? low - room, end = high + room;
  if (range.reset_start === start && range.reset_end === end) return;
  Object.assign(range, { reset_start: start, reset_end: end, start, end });
}
fit(chart.x_range, comparable.map((i) => every[cost.value][i]), 0);
fit(chart.y_range, comparable.map((i) => every.accuracy[i]));

for (const item of document.querySelectorAll("#explore-runs .explore-legend li")) {
  item.hidden = !data.family.includes(item.dataset.family);
}

// For readers without a mouse: links to the first runs of those shown, with what the lists do not say of all of them.
const MOST = 10, open = ["network", "dataset", "training"].filter((key) => lists[key].value === all);
const missing = left.length - measured.length;
document.getElementById("explore-runs-says").textContent = `${measured.length} of ${every.id.length} runs are shown.`
  + (missing ? ` ${missing} more have no such number: it is of spiking networks alone.` : "");
document.getElementById("explore-runs-heading").textContent = measured.length > MOST
  ? `The ${MOST} most accurate of them:` : "By accuracy:";
document.getElementById("explore-runs-list").replaceChildren(...measured.slice(0, MOST).map((i) => {
  const item = document.createElement("li"), link = document.createElement("a");
  link.href = every.address[i];
  link.textContent = `${every.run[i]}, seed ${every.seed[i]}`;
  item.append(link, `: ${[`${every.accuracy[i].toFixed(2)}\u00a0%`, ...open.map((key) => every[key][i])].join(", ")}`);
  return item;
}));
