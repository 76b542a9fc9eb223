/* SPDX-License-Identifier: MIT */
/* Draws the plots of the TCP flows with dygraphs. Each flow's numbers stand in a script element of
 * type application/json: bins of equal width, a column for each quantity, null where it has no value.
 *
 * What is drawn are groups of bins, as many as a plot has room for: their mean as a line and their
 * range as a band around it. Zooming in makes the groups finer, down to single bins. */
(function () {
  "use strict";

  const GROUPS = 360; /* In the visible stretch of time. */
  const RATE_US = 100000; /* Throughput is a mean over at least this long. */
  const MB = { name: "MB", factor: 1e6 }, KB = { name: "kB", factor: 1e3 }, B = { name: "bytes", factor: 1 };
  const MS = { name: "ms", factor: 1e3 }, S = { name: "s", factor: 1e6 };

  function maxOf(flow, columns) {
    let max = 0;
    for (const c of columns)
      for (const v of flow[c])
        if (v !== null && v > max)
          max = v;
    return max;
  }

  /* The plots of a flow: title, unit, and series as [column, label, colour, style]. Styles: "line";
   * "edge" is a bound for the others, hidden at first where it would flatten them (so many
   * times higher, 8 unless said); "dots"; "rate" is
   * made from bytes in a bin. */
  function plotsOf(flow) {
    const sent = [
      { title: "Sequence numbers", what: "bytes since the start",
        series: [["rex", "sent again", "--c4", "dots"], ["edge", "peer's window ends", "--c3", "edge"],
                 ["sent", "sent", "--c1", "line"], ["una", "acknowledged", "--c2", "line"]] },
      { title: "Windows", what: "window",
        series: [["wnd", "peer's window", "--c3", "edge"], ["flight", "in flight", "--c2", "line"],
                 ["ssthresh", "ssthresh", "--c5", "line"], ["cwnd", "cwnd", "--c1", "line"]] },
      { title: "Round trip", what: "time", unit: MS,
        series: [["rto", "RTO", "--c5", "edge", 30], ["srtt", "smoothed RTT", "--c1", "line"]] },
      { title: "Throughput", what: "rate", unit: { name: "Mbit/s", factor: 1e6 },
        series: [["out", "sent", "--c1", "rate"], ["acked", "acknowledged", "--c2", "rate"]] },
    ];
    const received = [
      { title: "Receiving", what: "bytes",
        series: [["rwnd", "window offered", "--c3", "edge"], ["ooo", "out of order", "--c4", "line"]] },
      { title: "Throughput", what: "rate", unit: { name: "Mbit/s", factor: 1e6 },
        series: [["in", "received in order", "--c2", "rate"]] },
    ];
    const plots = flow.sends ? (flow.receives ? sent.concat(received) : sent) : received;
    for (const plot of plots) {
      plot.visible = visibilityOf(plot, flow);
      plot.unit = plot.unit || byteUnit(plot, flow);
      plot.dots = flow.rex.filter((v) => v !== null).length;
    }
    return plots;
  }

  /* A bound far above everything else is hidden, unless there is nothing else. For the end of the
   * peer's window it is the way there that counts. */
  function visibilityOf(plot, flow) {
    const is_near = maxOf(flow, ["wnd"]) < 30 * maxOf(flow, ["flight"]);
    const others = plot.series.filter((s) => s[3] !== "edge").map((s) => s[0]);
    const highest = maxOf(flow, others);
    return plot.series.map((s) => s[3] !== "edge" || highest === 0 ||
      (s[0] === "edge" ? is_near : maxOf(flow, [s[0]]) < (s[4] || 8) * highest));
  }

  function byteUnit(plot, flow) {
    const max = maxOf(flow, plot.series.filter((s, i) => plot.visible[i]).map((s) => s[0]));
    return max >= 2e6 ? MB : max >= 2e3 ? KB : B;
  }

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /* ---- from bins to what is drawn ---- */

  const NONE = [null, null, null];

  /* Bins that stand for one point while `span` microseconds are visible. */
  function groupWidth(flow, span) {
    return Math.max(1, Math.round(span / flow.bin_us / GROUPS));
  }

  function spread(values) {
    let min = Infinity, max = -Infinity, sum = 0, n = 0;
    for (const v of values) {
      if (v === null)
        continue;
      min = Math.min(min, v);
      max = Math.max(max, v);
      sum += v;
      n++;
    }
    return n === 0 ? NONE : [min, sum / n, max];
  }

  /* Groups over which throughput is a mean. */
  function rateStep(flow, width) {
    const over = Math.min(RATE_US, flow.n * flow.bin_us / 50);
    return Math.max(1, Math.round(over / (width * flow.bin_us)));
  }

  /* Rows [first, end) of each group of `width` bins. Pauses get an empty group at each end: throughput
   * is zero there. */
  function groupsOf(flow, width) {
    const groups = [], step = rateStep(flow, width);
    let last = -1;
    flow.at.forEach((bin, row) => {
      const number = Math.floor(bin / width);
      if (last >= 0 && number - last > 2 * step)
        for (const empty of [last + step, number - step])
          groups.push({ number: empty, first: row, end: row });
      if (number !== last)
        groups.push({ number: number, first: row, end: row });
      groups[groups.length - 1].end = row + 1;
      last = number;
    });
    return groups;
  }

  function ratesOf(flow, column, groups, width) {
    const step = rateStep(flow, width), sums = new Map();
    for (const g of groups) {
      const slot = Math.floor(g.number / step);
      for (let row = g.first; row < g.end; row++)
        sums.set(slot, (sums.get(slot) || 0) + (flow[column][row] || 0));
    }
    let last = -1;
    return groups.map((g) => {
      const slot = Math.floor(g.number / step), is_first = slot !== last;
      const v = (sums.get(slot) || 0) * 8e6 / (step * width * flow.bin_us);
      last = slot;
      return is_first ? [v, v, v] : NONE;
    });
  }

  function valuesOf(flow, series, groups, width) {
    const column = flow[series[0]];
    if (series[3] === "rate")
      return ratesOf(flow, series[0], groups, width);
    if (series[3] === "dots")
      return groups.map((g) => spread(column.slice(g.first, g.end))).map((v) => (v === NONE ? NONE : [v[1], v[1], v[1]]));
    let held = null; /* What was there last stays, without a band, through a pause. */
    return groups.map((g) => {
      const there = column.slice(g.first, g.end).filter((v) => v !== null);
      held = there.length !== 0 ? there[there.length - 1] : held;
      return there.length !== 0 ? spread(there) : g.first === g.end && held !== null ? [held, held, held] : NONE;
    });
  }

  function rowsOf(flow, plot, time, span) {
    const width = groupWidth(flow, span), groups = groupsOf(flow, width);
    const columns = plot.series.map((s) => valuesOf(flow, s, groups, width));
    return groups.map((g, i) => {
      const t = (flow.t0_us + (g.number + 0.5) * width * flow.bin_us) / time.factor;
      return [t].concat(columns.map((c) => c[i].map((v) => (v === null ? null : v / plot.unit.factor))));
    });
  }

  /* ---- looks ---- */

  function digits(v) {
    const a = Math.abs(v);
    return v.toFixed(a >= 100 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : 3);
  }

  function tick(v) {
    return String(parseFloat(v.toPrecision(6)));
  }

  function legendFor(plot, time) {
    return function (data) {
      const head = data.xHTML === undefined ? "" : "<span><b>" + data.xHTML + " " + time.name + "</b></span>";
      return head + data.series.map((s) => {
        const i = plot.series.findIndex((p) => p[1] === s.label), style = plot.series[i];
        const has_value = s.yHTML !== undefined && s.y !== undefined && s.y !== null && !isNaN(s.y);
        const value = has_value ? ": <b>" + digits(s.y) + "</b> " + plot.unit.name : "";
        return '<span data-series="' + i + '" title="click to show or hide"' +
          (s.isVisible ? "" : ' class="off"') + '><i class="' + (style[3] === "dots" ? "dot" : "") +
          '" style="background:' + color(style[2]) + '"></i>' + style[1] + value + "</span>";
      }).join("");
    };
  }

  /* Dots that would run together, and be hidden by the lines, are ticks below them. */
  function dot(graph, name, ctx, x, y, color) {
    ctx.beginPath();
    if (graph.weft_is_crowded === false) {
      ctx.fillStyle = color;
      ctx.arc(x, y, 2.4, 0, 2 * Math.PI);
      ctx.fill();
    } else {
      ctx.strokeStyle = color;
      ctx.lineWidth = 0.7;
      ctx.moveTo(x, y + 4);
      ctx.lineTo(x, y + 11);
      ctx.stroke();
    }
  }

  function isCrowded(plot, visible, span) {
    return plot.dots * visible / span > 120;
  }

  /* Levels hold until the next one: a slope over a pause would be invented. */
  function seriesOptions(plot) {
    const options = {};
    for (const s of plot.series) {
      options[s[1]] = s[3] === "dots" ? { strokeWidth: 0, drawPoints: true, drawPointCallback: dot } :
        { strokeWidth: s[3] === "edge" ? 1.2 : 1.6, stepPlot: s[3] !== "rate" };
    }
    return options;
  }

  function looks(plot) {
    return { colors: plot.series.map((s) => color(s[2])), gridLineColor: color("--grid"),
             axisLineColor: color("--faint") };
  }

  /* ---- drawing ---- */

  function frame(plot, parent) {
    const box = document.createElement("div"), title = document.createElement("h4"),
          legend = document.createElement("div"), area = document.createElement("div");
    box.className = "plot";
    title.textContent = plot.title;
    legend.className = "legend";
    area.className = "area";
    box.append(title, legend, area);
    parent.append(box);
    return { legend: legend, area: area };
  }

  /* rows(time, visible) gives what is drawn while `visible` microseconds of `span` are to be seen. */
  function draw(plot, time, parent, peers, span, rows) {
    const at = frame(plot, parent);
    const graph = new Dygraph(at.area, rows(time, span), Object.assign(looks(plot), {
      labels: ["time"].concat(plot.series.map((s) => s[1])), customBars: true, fillAlpha: 0.22,
      labelsDiv: at.legend, legend: "always", legendFormatter: legendFor(plot, time),
      series: seriesOptions(plot), visibility: plot.visible,
      xlabel: (plot.is_aligned ? "time since it began (" : "virtual time (") + time.name + ")", ylabel: plot.what + " (" + plot.unit.name + ")",
      connectSeparatedPoints: true, includeZero: plot.series[0][3] !== "dots", labelsKMB: false, highlightCircleSize: 3,
      axisLabelFontSize: 12, xLabelHeight: 20, yLabelWidth: 20, rightGap: 14,
      axes: { y: { axisLabelWidth: 52, axisLabelFormatter: (v) => tick(v) },
              x: { axisLabelWidth: 64, axisLabelFormatter: (v) => tick(v), valueFormatter: (v) => v.toFixed(3) } },
      drawCallback: (g, is_initial) => follow(g, is_initial, peers),
    }));
    graph.weft_zoom = (range) => {
      const visible = (range[1] - range[0]) * time.factor;
      graph.weft_is_crowded = isCrowded(plot, visible, span);
      graph.updateOptions({ file: rows(time, visible), dateWindow: range });
    };
    if (!isCrowded(plot, span, span)) {
      graph.weft_is_crowded = false;
      graph.updateOptions({});
    }
    peers.push(graph);
    at.legend.addEventListener("click", (event) => {
      const span = event.target.closest("span[data-series]");
      if (span !== null)
        graph.setVisibility(+span.dataset.series, !graph.visibility()[+span.dataset.series]);
    });
    return () => graph.updateOptions(looks(plot));
  }

  /* All plots of a flow show the same stretch of time, as finely as it allows. */
  let is_following = false;
  function follow(graph, is_initial, peers) {
    const range = graph.xAxisRange(), key = range.join(" ");
    if (is_initial || is_following || graph.weft_range === key)
      return;
    is_following = true;
    for (const g of peers) {
      g.weft_range = key;
      g.weft_zoom(range);
    }
    is_following = false;
  }

  /* ---- flows side by side ---- */

  const KINDS = {
    cwnd: { what: "cwnd", column: "cwnd", style: "line" },
    flight: { what: "in flight", column: "flight", style: "line" },
    rate: { what: "acknowledged", column: "acked", style: "rate", unit: { name: "Mbit/s", factor: 1e6 } },
    rtt: { what: "smoothed RTT", column: "srtt", style: "line", unit: MS },
    acknowledged: { what: "acknowledged", column: "una", style: "line" },
  };
  const COLORS = ["--c1", "--c4", "--c2", "--c5", "--c6", "--c7", "--c8", "--c3"];

  function comparisonOf(data) {
    const kind = KINDS[data.what], max = (flow) => maxOf(flow, [kind.column]);
    const flows = data.flows.map((f) => JSON.parse(document.querySelector('script.flow[data-plots="' + f.plots + '"]').textContent));
    const highest = Math.max(...flows.map(max));
    if (data.aligned)
      flows.forEach((flow) => { flow.t0_us = 0; });
    return {
      flows: flows, title: data.title, what: kind.what, is_aligned: data.aligned, visible: flows.map(() => true),
      unit: kind.unit || (highest >= 2e6 ? MB : highest >= 2e3 ? KB : B),
      series: data.flows.map((f, i) => [kind.column, f.label, COLORS[i], kind.style]),
    };
  }

  /* Rows of all flows by time; a flow has a value in its own rows only. */
  function mergedRows(plot, time, span) {
    const rows = [];
    plot.flows.forEach((flow, i) => {
      for (const row of rowsOf(flow, { series: [plot.series[i]], unit: plot.unit }, time, span))
        rows.push([row[0]].concat(plot.flows.map((f, k) => (k === i ? row[1] : NONE))));
    });
    return rows.sort((a, b) => a[0] - b[0]);
  }

  function endOf(plot) {
    return Math.max(...plot.flows.map((f) => f.t0_us + f.n * f.bin_us));
  }

  const recolor = [];
  for (const data of document.querySelectorAll("script.compare")) {
    const plot = comparisonOf(JSON.parse(data.textContent));
    if (plot.flows.length !== 0)
      recolor.push(draw(plot, endOf(plot) < 4e6 ? MS : S, document.getElementById("compared"), [],
                        endOf(plot), (time, span) => mergedRows(plot, time, span)));
  }
  for (const data of document.querySelectorAll("script.flow")) {
    const flow = JSON.parse(data.textContent), peers = [];
    const time = flow.t0_us + flow.n * flow.bin_us < 4e6 ? MS : S;
    for (const plot of plotsOf(flow))
      recolor.push(draw(plot, time, document.getElementById(data.dataset.plots), peers, flow.n * flow.bin_us,
                        (unit, visible) => rowsOf(flow, plot, unit, visible)));
  }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => recolor.forEach((f) => f()));
})();
