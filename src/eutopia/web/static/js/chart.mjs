// Makes a chart live: the same numbers as in its table, with a reading under the pointer.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function reader(spec) {
  const lang = document.documentElement.lang;
  const options = spec.money
    ? { style: "currency", currency: spec.money, maximumFractionDigits: 0, currencyDisplay: "narrowSymbol" }
    : { maximumFractionDigits: 2 };
  const full = new Intl.NumberFormat(lang, options);
  const short = new Intl.NumberFormat(lang, { ...options, notation: "compact", maximumFractionDigits: 1 });
  return { full: (v) => (v === null || v === undefined ? "–" : full.format(v)), short: (v) => short.format(v) };
}

function options(spec, read) {
  const ink = css("--ink-soft");
  const line = css("--ds-color-neutral-border-subtle");
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 13 },
    color: [1, 2, 3, 4, 5, 6].map((i) => css(`--series-${i}`)),
    grid: { left: 8, right: 12, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis", confine: true, formatter: (rows) => reading(rows, read), className: "reading",
      backgroundColor: css("--raise"), borderColor: line, textStyle: { color: css("--ink") },
      axisPointer: { type: spec.kind === "lines" ? "line" : "shadow" },
    },
    xAxis: {
      type: "category", data: spec.categories, axisTick: { show: false },
      axisLabel: { color: ink, hideOverlap: true }, axisLine: { lineStyle: { color: line } },
    },
    yAxis: {
      type: "value", splitNumber: 4, axisLabel: { color: ink, formatter: read.short },
      splitLine: { lineStyle: { color: line, opacity: 0.6 } },
    },
    series: spec.series.map((series, index) => ({
      name: series.name,
      type: spec.kind === "lines" ? "line" : "bar",
      stack: spec.kind === "stacked" ? "all" : undefined,
      data: series.values,
      showSymbol: false,
      lineStyle: { width: 2.5 },
      areaStyle: spec.kind === "lines" && spec.series.length === 1 ? { opacity: 0.12 } : undefined,
      barMaxWidth: 72,
      markLine: spec.mark && index === 0
        ? { silent: true, symbol: "none", data: [{ yAxis: spec.mark[0], name: spec.mark[1] }], label: { formatter: spec.mark[1], color: ink } }
        : undefined,
    })),
  };
}

// An element, not markup: the site's policy lets no style in by attribute.
function reading(rows, read) {
  const box = document.createElement("div");
  const head = document.createElement("strong");
  head.textContent = rows[0]?.axisValueLabel ?? "";
  box.append(head);
  for (const row of rows) {
    const line = document.createElement("div");
    line.className = "reading__row";
    const name = document.createElement("span");
    name.className = `reading__name reading__name--${row.seriesIndex + 1}`;
    name.textContent = row.seriesName;
    const value = document.createElement("b");
    value.textContent = read.full(row.value);
    line.append(name, value);
    box.append(line);
  }
  return box;
}

export async function start(figure) {
  const { init } = await import(figure.dataset.library);
  const spec = JSON.parse(figure.querySelector("[data-spec]").textContent);
  const read = reader(spec);
  const place = document.createElement("div");
  place.className = "chart__live";
  place.setAttribute("aria-hidden", "true");
  const stage = figure.querySelector("[data-stage]");
  place.style.height = `${Math.max(stage.clientHeight, 240)}px`;
  place.style.width = `${stage.clientWidth}px`;
  stage.append(place);
  const locale = document.documentElement.lang === "ru" ? "RU" : "EN";
  const chart = init(place, null, { renderer: "svg", locale });
  chart.setOption(options(spec, read));
  place.style.width = "";
  new ResizeObserver(() => chart.resize()).observe(stage);
  document.addEventListener("scheme", () => chart.setOption(options(spec, read), true));
}
