// Works out while somebody types what goes in, what comes out and what is left. The page before signing does it again,
// exactly and on the server; without this script nothing is missing there.
"use strict";

const shown = document.querySelector("[data-remainder]");
const milligrams = JSON.parse(shown?.dataset.units ?? "{}");

function kilogramsIn(rows, wanted = () => true) {
  let sum = 0;
  for (const row of rows) {
    const number = Number.parseFloat(row.querySelector(".weight-number")?.value.replace(",", ""));
    const unit = row.querySelector(".weight-unit")?.value;
    if (number > 0 && unit in milligrams && wanted(row)) sum += number * milligrams[unit] / 1e6;
  }
  return sum;
}

const written = (kg) => `${kg.toLocaleString("en", { maximumFractionDigits: 3 })} kg`;
const rowsOf = (name) => document.querySelectorAll(`[data-rows=${name}] .act-row`);
const isWay = (way) => (row) => row.querySelector("[name$=-way]")?.value === way;

function show() {
  const goesIn = kilogramsIn(rowsOf("inputs"));
  const comesOut = kilogramsIn(rowsOf("outputs"));
  const rest = goesIn + kilogramsIn(rowsOf("differences"), isWay("gain"))
    - comesOut - kilogramsIn(rowsOf("differences"), isWay("loss"));
  shown.hidden = !(goesIn > 0 && comesOut > 0);
  const word = rest < -1e-7 ? "more comes out than goes in" : "not named yet";
  const left = Math.abs(rest) < 1e-7 ? "everything is named" : `${written(Math.abs(rest))} ${word}`;
  shown.textContent = `In ${written(goesIn)} · out ${written(comesOut)} (${(comesOut / goesIn * 100).toFixed(1)} %) · ${left}`;
}

if (rowsOf("inputs").length && rowsOf("outputs").length) {
  document.addEventListener("input", show);
  document.addEventListener("change", show);
  show();
}
