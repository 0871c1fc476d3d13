// Makes a map live with MapLibre GL: the town's own layers, no outside tiles unless a tile
// address is set. The list beside the map has everything that the map has.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const MAJOR = ["in", ["get", "street_class"], ["literal", ["arterial", "collector", "highway"]]];
const GREEN = ["in", ["get", "space_type"], ["literal", ["park", "pocket_park", "green_area", "boulevard", "forest", "garden"]]];
const EMPTY = { type: "FeatureCollection", features: [] };

function widths(...stops) {
  return ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];
}

function base(spec) {
  const line = { "line-cap": "round", "line-join": "round" };
  const layers = [
    { id: "land", type: "background", paint: { "background-color": css("--map-outside") } },
  ];
  const sources = {};
  if (spec.tiles) {
    sources.tiles = { type: "raster", tiles: [spec.tiles], tileSize: 256 };
    layers.push({ id: "tiles", type: "raster", source: "tiles", paint: { "raster-opacity": 0.75 } });
  }
  for (const [name, url] of Object.entries(spec.layers)) {
    sources[name] = { type: "geojson", data: name === "buildings" ? EMPTY : url };
  }
  const add = (source, layer) => { if (sources[source]) layers.push({ source, ...layer }); };
  add("districts", { id: "ground", type: "fill", paint: { "fill-color": css("--map-land"), "fill-opacity": spec.tiles ? 0 : 1 } });
  add("spaces", { id: "spaces", type: "fill", paint: { "fill-color": ["case", GREEN, css("--map-green"), css("--map-space")] } });
  add("water", { id: "water", type: "fill", paint: { "fill-color": css("--map-water") } });
  add("streets", { id: "street-minor", type: "line", filter: ["!", MAJOR], layout: line, paint: { "line-color": css("--map-street"), "line-width": widths(11, 0.5, 16, 7, 19, 30) } });
  add("streets", { id: "street-edge", type: "line", filter: MAJOR, layout: line, paint: { "line-color": css("--map-street-edge"), "line-width": widths(11, 2.2, 16, 15, 19, 52) } });
  add("streets", { id: "street-major", type: "line", filter: MAJOR, layout: line, paint: { "line-color": css("--map-street-major"), "line-width": widths(11, 1.5, 16, 12, 19, 46) } });
  add("buildings", { id: "buildings", type: "fill", minzoom: 13.5, paint: { "fill-color": css("--map-building"), "fill-outline-color": css("--map-building-line") } });
  add("zones", { id: "zones", type: "fill", minzoom: 13, paint: { "fill-color": css("--map-heritage"), "fill-opacity": 0.06 } });
  add("zones", { id: "zones-edge", type: "line", minzoom: 13, paint: { "line-color": css("--map-heritage"), "line-opacity": 0.5, "line-dasharray": [3, 2] } });
  add("districts", { id: "districts", type: "line", paint: { "line-color": css("--map-district"), "line-dasharray": [1, 3], "line-width": 2 } });
  const text = { "text-color": css("--map-label"), "text-halo-color": css("--map-halo"), "text-halo-width": 1.6 };
  add("streets", { id: "street-names", type: "symbol", minzoom: 14, layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12, "text-font": ["Golos Text Variable"] }, paint: text });
  add("districts", { id: "district-names", type: "symbol", maxzoom: 14.5, layout: { "text-field": ["get", "name"], "text-size": 14, "text-font": ["Golos Text Variable"] }, paint: text });
  return { version: 8, sources, layers };
}

// Tones of marks: the same as in the picture beneath (see spots in site.css).
const TONES = { lead: "--ds-color-accent-base-default", river: "--ds-color-river-base-default", soft: "--ds-color-neutral-text-subtle", "": "--ds-color-warm-base-default" };

function toneOf(over) {
  if (!over.tones) return css(TONES[over.tone ?? ""]);
  const [property, table] = over.tones;
  const cases = Object.entries(table).flatMap(([value, tone]) => [value, css(TONES[tone])]);
  return ["match", ["to-string", ["get", property]], ...cases, css(TONES.soft)];
}

// One number for soft marks, another for the rest.
function weigh(over, soft, loud) {
  if (!over.tones) return loud;
  const [property, table] = over.tones;
  const values = Object.entries(table).filter(([, tone]) => tone !== "soft").map(([value]) => value);
  return ["match", ["to-string", ["get", property]], values, loud, soft];
}

function anchor(geometry) {
  let at = geometry.coordinates;
  if (geometry.type === "Point") return at;
  while (Array.isArray(at[0]) && Array.isArray(at[0][0])) at = at[0];
  return Array.isArray(at[0]) ? at[Math.floor(at.length / 2)] : at;
}

// A circle of so many metres, as a polygon: it keeps its true size at every zoom.
function circle({ geometry, properties }, metres) {
  const [lon, lat] = geometry.coordinates;
  const up = properties[metres] / 111320;
  const across = up / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: 65 }, (_, k) => {
    const turn = (k % 64) * Math.PI / 32;
    return [lon + across * Math.cos(turn), lat + up * Math.sin(turn)];
  });
  return { type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring] } };
}

async function overlay(map, spec) {
  const over = spec.overlay;
  if (!over) return [];
  const data = over.data ?? (await (await fetch(over.url)).json());
  const under = map.getLayer("street-names") ? "street-names" : undefined;
  map.addSource("overlay", { type: "geojson", data });
  if (over.kind === "cells") {
    const first = css(`--heat-${6 - over.steps.length}`);
    const steps = over.steps.flatMap((from, i) => (i ? [from, css(`--heat-${6 - over.steps.length + i}`)] : []));
    const fill = steps.length ? ["step", ["get", "reports"], first, ...steps] : first;
    map.addLayer({ id: "cells", type: "fill", source: "overlay", paint: { "fill-color": fill, "fill-opacity": 0.7, "fill-outline-color": css("--map-land") } }, under);
    return ["cells"];
  }
  const tone = toneOf(over);
  if (over.metres) {
    map.addSource("circles", { type: "geojson", data: { type: "FeatureCollection", features: data.features.map((f) => circle(f, over.metres)) } });
    map.addLayer({ id: "circles", type: "fill", source: "circles", paint: { "fill-color": tone, "fill-opacity": 0.3 } }, under);
    map.addLayer({ id: "circle-edges", type: "line", source: "circles", paint: { "line-color": tone, "line-width": 2 } }, under);
    map.addLayer({ id: "points", type: "circle", source: "overlay", paint: { "circle-color": tone, "circle-radius": 3 } }, under);
    return ["points", "circles"];
  }
  const near = over.kind === "shapes" ? 0 : 13.5;
  map.addLayer({ id: "areas", type: "fill", source: "overlay", minzoom: near, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": tone, "fill-opacity": 0.3 } }, under);
  map.addLayer({ id: "routes", type: "line", source: "overlay", minzoom: near, filter: ["!=", ["geometry-type"], "Point"], layout: { "line-cap": "round" }, paint: { "line-color": tone, "line-width": 4 } }, under);
  const features = data.features
    .filter((f) => f.geometry && (over.kind !== "shapes" || f.geometry.type === "Point"))
    .map((f) => ({ ...f, geometry: { type: "Point", coordinates: anchor(f.geometry) } }));
  map.addSource("anchors", { type: "geojson", data: { type: "FeatureCollection", features } });
  const size = over.size ? ["interpolate", ["linear"], ["sqrt", ["coalesce", ["to-number", ["get", over.size]], 0]], 0, 2.5, Math.sqrt(over.top || 1), 13] : 5.5;
  map.addLayer({ id: "points", type: "circle", source: "anchors", layout: { "circle-sort-key": weigh(over, 0, 1) }, paint: { "circle-color": tone, "circle-opacity": weigh(over, 0.4, 0.85), "circle-radius": size, "circle-stroke-color": css("--map-halo"), "circle-stroke-width": 1 } }, under);
  return ["points", "routes", "areas"];
}

function speak(lib, map, ids, over) {
  const popup = new lib.Popup({ closeButton: true, maxWidth: "18rem", offset: 10 });
  for (const id of ids) {
    map.on("mouseenter", id, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", id, () => { map.getCanvas().style.cursor = ""; });
    map.on("click", id, (event) => {
      const { properties } = event.features[0];
      const box = document.createElement("div");
      const key = over.key && properties[over.key];
      const say = over.kind === "cells"
        ? over.words.replace("{n}", new Intl.NumberFormat(document.documentElement.lang).format(properties.reports))
        : properties.title ?? properties.name ?? properties.label ?? "";
      const words = document.createElement(key && over.href ? "a" : "span");
      words.textContent = say;
      if (key && over.href) words.href = over.href.replace("KEY", encodeURIComponent(key));
      box.append(words);
      popup.setLngLat(event.lngLat).setDOMContent(box).addTo(map);
    });
  }
}

function buildingsOnDemand(map, spec) {
  if (!spec.layers.buildings) return;
  const load = () => {
    if (map.getZoom() < 13.5) return;
    const b = map.getBounds();
    const box = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((v) => v.toFixed(4)).join(",");
    map.getSource("buildings")?.setData(`${spec.layers.buildings}?box=${box}`);
  };
  map.on("moveend", load);
  load();
}

function sheet(href) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: resolve, onerror: resolve });
    document.head.append(link);
  });
}

export async function start(figure) {
  const spec = JSON.parse(figure.querySelector("[data-spec]").textContent);
  const [lib] = await Promise.all([import(figure.dataset.library), sheet(figure.dataset.style)]);
  lib.setWorkerUrl(new URL(figure.dataset.worker, location.href).href);
  const place = document.createElement("div");
  place.className = "map__live";
  figure.querySelector("[data-stage]").append(place);
  const map = new lib.Map({
    container: place, style: base(spec), bounds: spec.bounds, fitBoundsOptions: { padding: 12 },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, cooperativeGestures: false,
    maxZoom: 19,
    locale: {
      "Map.Title": figure.dataset.name,
      "NavigationControl.ZoomIn": figure.dataset.zoomIn,
      "NavigationControl.ZoomOut": figure.dataset.zoomOut,
      "Popup.Close": figure.dataset.close,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new lib.NavigationControl({ showCompass: false }));
  await new Promise((resolve, reject) => {
    map.once("load", resolve);
    map.once("error", (event) => { if (!map.loaded()) reject(event.error); });
    setTimeout(() => reject(new Error("the map did not load in time")), 20000);
  }).catch((error) => { map.remove(); place.remove(); throw error; });
  const ids = await overlay(map, spec);
  if (spec.overlay) speak(lib, map, ids, spec.overlay);
  buildingsOnDemand(map, spec);
  if (spec.pick) pick(lib, map, spec.pick);
  document.addEventListener("scheme", () => {
    map.setStyle(base(spec));
    map.once("styledata", async () => { await overlay(map, spec); buildingsOnDemand(map, spec); });
  });
}

// A form's place: a tap or the arrow keys and Enter on the map fill the two coordinates.
function pick(lib, map, fields) {
  const lon = document.getElementById(fields.lon);
  const lat = document.getElementById(fields.lat);
  const marker = new lib.Marker({ color: css("--ds-color-warm-base-default") });
  const put = (at) => {
    marker.setLngLat(at).addTo(map);
    lon.value = at.lng.toFixed(6);
    lat.value = at.lat.toFixed(6);
    lon.dispatchEvent(new Event("change", { bubbles: true }));
  };
  if (lon.value && lat.value) marker.setLngLat([Number(lon.value), Number(lat.value)]).addTo(map);
  map.on("click", (event) => put(event.lngLat));
  map.getCanvas().addEventListener("keydown", (event) => { if (event.key === "Enter") put(map.getCenter()); });
}
