// Answers a change of the explorer of maps. It has its models, `tree` (data set -> student -> T -> method -> run),
// `files` (data set -> the script with its pictures and maps).

// Each list offers what there is for the choices before it.
function refill(select, options) {
  select.options = options;
  if (!options.includes(select.value)) select.value = options[0];
  return select.value;
}
const students = tree[dataset.value];
const times = students[refill(student, Object.keys(students))];
const methods = times[refill(timesteps, Object.keys(times))];
const name = methods[refill(method, Object.keys(methods))];

const say = (part, text) => { document.getElementById(`explore-maps-${part}`).textContent = text; };
const short = (value) => Number(value.toPrecision(3)).toString();

// The values of picture n: all its cells, of one step after another.
function unpack(packed, n) {
  const kinds = { 1: Uint8Array, 2: Uint16Array };
  packed.values ??= new kinds[packed.size](Uint8Array.from(atob(packed.bytes), (letter) => letter.charCodeAt(0)).buffer);
  const each = packed.values.length / packed.units.length;
  return Array.from(packed.values.subarray(n * each, (n + 1) * each), (value) => value * packed.units[n]);
}
function zeroToOne(values) {
  const low = Math.min(...values), spread = Math.max(...values) - low || 1;
  return values.map((value) => (value - low) / spread);
}
function correlation(a, b) {
  const less = (values) => { const mean = values.reduce((x, y) => x + y) / values.length; return values.map((v) => v - mean); };
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const [x, y] = [less(a), less(b)];
  return dot(x, y) / (Math.sqrt(dot(x, x) * dot(y, y)) || 1);
}

// Puts an image in the place of the one that is there, in Bokeh's own kind of array.
function show(panel, name, values, width) {
  const source = panel.renderers.map((renderer) => renderer.data_source).find((one) => one.name === name);
  const Kind = source.data.image[0].constructor;
  source.data = { image: [new Kind(values, [values.length / width, width])] };
}
function showMap(panel, values, width, low, high) {
  const mapper = panel.renderers[1].glyph.color_mapper;
  mapper.low = low;
  mapper.high = high > low ? high : low + 1;
  show(panel, "cells", values, width);
}

// The picture, and in pale grey below the maps.
function showPhoto(data, n) {
  const [height, width] = data.size;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.drawImage(data.image, -(n % data.side) * width, -Math.floor(n / data.side) * height);
  const bytes = context.getImageData(0, 0, width, height).data;
  const colours = Array.from(new Uint32Array(bytes.buffer));
  const greys = colours.map((_, i) => {
    const grey = 128 + (bytes[4 * i] + bytes[4 * i + 1] + bytes[4 * i + 2]) / 6;
    return (255 << 24 | grey << 16 | grey << 8 | grey) >>> 0;
  });
  show(photo, "photo", colours, width);
  for (const panel of [cam, sam, difference, grad_cam]) show(panel, "grey", greys, width);
}

function draw(data) {
  const n = picture.value - 1, run = data.runs[name], teacher = data.teachers[run.teacher];
  const width = run.grid[1], count = run.grid[0] * width;
  step.visible = run.steps > 1;
  step.end = Math.max(2, run.steps);
  if (step.value > run.steps && run.steps > 1) step.value = run.steps;
  const seen = run.steps > 1 ? step.value : 1, steps = unpack(run.sam, n);
  const spikes = Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let t = 0; t < seen; t++) sum += steps[t * count + i];
    return sum;
  });
  const [cams, grads] = [unpack(teacher.cam, n), unpack(run.grad_cam, n)];
  const [own, theirs] = [zeroToOne(spikes), zeroToOne(cams)];
  showPhoto(data, n);
  showMap(cam, cams, width, Math.min(...cams), Math.max(...cams));
  showMap(sam, spikes, width, ...run.span);
  showMap(difference, own.map((value, i) => value - theirs[i]), width, -1, 1);
  showMap(grad_cam, grads, width, Math.min(...grads), Math.max(...grads));

  const called = (answer) => `${data.classes[answer]} (${answer === data.labels[n] ? "right" : "wrong"})`;
  say("says", `Teacher: ${called(teacher.answers[n])}. Student: ${called(run.answers[n])}. `
    + `Over the ${count} cells, SAM and CAM correlate by ${correlation(spikes, cams).toFixed(2)}.`);
  say("photo", data.classes[data.labels[n]]);
  say("cam", `evidence ${short(Math.min(...cams))} to ${short(Math.max(...cams))}`);
  say("sam", `${short(Math.min(...spikes))} to ${short(Math.max(...spikes))} spikes`
    + (run.steps > 1 ? `, t = ${seen} of ${run.steps}` : ""));
  say("difference", "each 0 to 1; blue: more SAM");
  say("grad_cam", `${short(Math.min(...grads))} to ${short(Math.max(...grads))}`);
}

// A data set's file is fetched when it is first asked for; what is chosen by then is drawn when it is there.
const chosen = dataset.value, data = globalThis.exploreMaps?.[chosen];
if (data?.image) {
  draw(data);
} else if (!document.querySelector(`script[src="${files[chosen]}"]`)) {
  const script = document.createElement("script");
  script.src = files[chosen];
  script.onload = () => {
    const loaded = globalThis.exploreMaps[chosen], image = new Image();
    image.onload = () => { loaded.image = image; dataset.properties.value.change.emit(); };
    image.src = loaded.sheet;
  };
  script.onerror = () => say("says", `The pictures of ${chosen} are not there.`);
  document.head.append(script);
}
