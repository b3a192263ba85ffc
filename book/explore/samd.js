// Answers a change of the explorer of SAMD. It has its models; `runs` (student -> both maps, a list of cells for
// each picture), `units` (how many values a cell sums), `width` of a map in cells, `names` (the class of each picture).

const n = picture.value - 1, run = runs[student.value];
const put = (part, text) => { document.getElementById(`explore-samd-${part}`).textContent = text; };
const sum = (values) => values.reduce((total, value) => total + value, 0);

// (M - min) / (max - min), over one picture or over all; a constant map becomes 0.
function minMax(values, over) {
  const low = Math.min(...over), spread = Math.max(...over) - low;
  return values.map((value) => (value - low) / (spread || 1));
}
function inRange(maps, how, unit) {
  const map = maps[n];
  if (how === "sample") return minMax(map, map);
  if (how === "batch") return minMax(map, maps.flat());
  if (how === "rate") return map.map((value) => value / unit);
  return map;
}
// log softmax(M / T_s) over the cells
function logShares(map) {
  const top = Math.max(...map);
  const raised = map.map((value) => (value - top) / temperature.value);
  const total = Math.log(sum(raised.map(Math.exp)));
  return raised.map((value) => value - total);
}

const maps = [inRange(run.cam, teacher_range.value, units.teacher), inRange(run.sam, student_range.value, units.student)];
const logs = maps.map(logShares), shares = logs.map((log) => log.map(Math.exp));
const kl = sum(shares[0].map((share, i) => share * (logs[0][i] - logs[1][i])));
const loss = temperature.value ** 2 * kl;

function number(part, value, text) {
  put(part, text);
  document.getElementById(`explore-samd-${part}`).dataset.value = value;
}
const percent = (share) => `${(100 * share).toPrecision(3)} %`;
const tops = shares.map((share) => Math.max(...share)), even = 1 / shares[0].length;
number("loss", loss, loss.toPrecision(4));
number("kl", kl, kl.toPrecision(4));
number("top-teacher", tops[0], percent(tops[0]));
number("top-student", tops[1], percent(tops[1]));
number("even", even, percent(even));

function show(panel, values, low, high) {
  const { data_source, glyph } = panel.renderers[0];
  glyph.color_mapper.low = low;
  glyph.color_mapper.high = high > low ? high : low + 1;
  const Kind = data_source.data.image[0].constructor; // Bokeh's own kind of array
  data_source.data = { image: [new Kind(values, [values.length / width, width])] };
}
const span = (values) => [Math.min(...values), Math.max(...values)];
const told = (values) => span(values).map((value) => Number(value.toPrecision(3))).join(" to ");
show(cam, maps[0], ...span(maps[0]));
show(sam, maps[1], ...span(maps[1]));
show(cam_share, shares[0], 0, Math.max(...tops));
show(sam_share, shares[1], 0, Math.max(...tops));
put("cam", `${told(maps[0])}; picture: ${names[n]}`);
put("sam", told(maps[1]));
put("cam_share", `${told(shares[0])}, one scale for both`);
put("sam_share", told(shares[1]));

const order = shares[0].map((_, i) => i).sort((a, b) => shares[0][b] - shares[0][a]);
const [theirs, own] = shares.map((share) => order.map((i) => 100 * share[i]));
chart.renderers[0].data_source.data = { cell: order.map((_, place) => place + 1), teacher: theirs, student: own };
