// Answers a change of the explorer of NLD. It has its models; `runs` (student -> the logits of both networks, a list
// of classes for each picture), `noise` (the draws, of mean 0 and deviation 1), `names` (the class of each picture).

const n = picture.value - 1, { teacher, student: own } = runs[student.value];
const tau = temperature.value, theirs = teacher[n], clean = own[n];
const sum = (values) => values.reduce((total, value) => total + value, 0);

// Each logit with its share of the noise, which has the mean and the deviation of the picture's logits.
const mean = sum(clean) / clean.length;
const deviation = Math.sqrt(sum(clean.map((value) => (value - mean) ** 2)) / (clean.length - 1));
const smoothed = (draw) => clean.map((value, k) => value + weight.value * (mean + deviation * draw[k]));

// log softmax(z / tau)
function logProbabilities(logits) {
  const top = Math.max(...logits);
  const raised = logits.map((value) => (value - top) / tau);
  const total = Math.log(sum(raised.map(Math.exp)));
  return raised.map((value) => value - total);
}
const target = logProbabilities(theirs);
function distance(logits) {
  const log = logProbabilities(logits);
  return tau ** 2 * sum(target.map((value, k) => Math.exp(value) * (value - log[k])));
}

const noisy = noise.map(smoothed), drawn = noisy[draw.value - 1];
function number(part, value) {
  const place = document.getElementById(`explore-nld-${part}`);
  place.textContent = value.toPrecision(4);
  place.dataset.value = value;
}
number("loss", distance(drawn));
number("mean", sum(noisy.map(distance)) / noisy.length);
number("clean", distance(clean));
number("deviation", deviation);

const classes = [...logits.y_range.factors].reverse();
const likeliest = (values) => classes[values.indexOf(Math.max(...values))];
const changed = noisy.filter((values) => likeliest(values) !== likeliest(clean)).length;
document.getElementById("explore-nld-says").textContent = `Picture: ${names[n]}. Teacher: ${likeliest(theirs)}. `
  + `Student: ${likeliest(clean)}; with this noise: ${likeliest(drawn)}. `
  + `The noise changes its answer in ${changed} of ${noisy.length} draws.`;

logits.renderers[0].data_source.data = { class: noisy.flatMap(() => classes), value: noisy.flat() };
logits.renderers[1].data_source.data = { class: classes, teacher: theirs, student: clean, noisy: drawn };
const percent = (values) => logProbabilities(values).map((value) => 100 * Math.exp(value));
const shown = { class: classes, teacher: percent(theirs), student: percent(clean), noisy: percent(drawn) };
probabilities.renderers[0].data_source.data = shown;
