// The ballot: says while one chooses how many projects and how much money are marked. The form works
// without it, and the server alone decides what is a ballot.

const fieldset = document.querySelector("[data-ballot]");
const sum = fieldset?.querySelector("[data-sum]");

function money(amount) {
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency: fieldset.dataset.currency,
    maximumFractionDigits: 0,
  }).format(amount);
}

function tell() {
  let chosen = 0;
  let cost = 0;
  let points = 0;
  for (const input of fieldset.querySelectorAll("input[data-cost]")) {
    const value = input.type === "text" ? Number(input.value.trim()) || 0 : Number(input.checked);
    if (!value) continue;
    chosen += 1;
    points += value;
    cost += Number(input.dataset.cost);
  }
  const most = fieldset.dataset.max_length;
  const parts = [sum.dataset.chosen.replace("{n}", most ? `${chosen} / ${most}` : chosen)];
  if (["cumulative", "scoring"].includes(fieldset.dataset.kind)) {
    const whole = fieldset.dataset.max_sum_points;
    parts.push(sum.dataset.points.replace("{points}", whole ? `${points} / ${whole}` : points));
  }
  parts.push(sum.dataset.money.replace("{money}", money(cost)));
  sum.textContent = parts.join(" · ");
  sum.hidden = false;
}

if (sum) {
  fieldset.addEventListener("input", tell);
  tell();
}
