// Sharing out points: says while one writes how many are left. The form works without it, and the
// server alone decides what adds up.

const lines = document.querySelector("[data-shares]");
const note = lines?.parentElement.querySelector("[data-left]");

function tell() {
  let left = Number(lines.dataset.shares);
  for (const input of lines.querySelectorAll("input")) left -= Number(input.value.trim()) || 0;
  note.textContent = (left < 0 ? note.dataset.over : note.dataset.left).replace("{n}", Math.abs(left));
  note.hidden = false;
}

if (note) {
  lines.addEventListener("input", tell);
  tell();
}
