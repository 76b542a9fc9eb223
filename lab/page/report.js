/* SPDX-License-Identifier: MIT */
/* Draws the plots of the TCP flows with dygraphs. Each flow's numbers stand in a script element of
 * type application/json: bins of equal width, a column for each quantity, null where it has no value. */
(function () {
  "use strict";

  const MB = { name: "MB", factor: 1e6 }, KB = { name: "kB", factor: 1e3 }, B = { name: "bytes", factor: 1 };

  function byteUnit(max) {
    return max >= 2e6 ? MB : max >= 2e3 ? KB : B;
  }

  function maxOf(flow, columns) {
    let max = 0;
    for (const c of columns)
      for (const v of flow[c])
        if (v !== null && v > max)
          max = v;
    return max;
  }

  /* The plots of a flow: title, unit, and series as [column, label, colour, style]. */
  function plotsOf(flow) {
    const bytes = (columns) => byteUnit(maxOf(flow, columns));
    const sent = [
      { title: "Sequence numbers", what: "bytes since the start", unit: bytes(["sent", "edge"]),
        series: [["edge", "peer's window ends", "--c3", "line"], ["sent", "sent", "--c1", "line"],
                 ["una", "acknowledged", "--c2", "line"], ["rex", "sent again", "--c4", "dots"]] },
      { title: "Windows", what: "window", unit: bytes(["cwnd", "flight", "wnd"]),
        series: [["wnd", "peer's window", "--c3", "line"], ["cwnd", "cwnd", "--c1", "line"],
                 ["ssthresh", "ssthresh", "--c5", "line"], ["flight", "in flight", "--c2", "line"]] },
      { title: "Round trip", what: "time", unit: { name: "ms", factor: 1e3 },
        series: [["rto", "RTO", "--c5", "line"], ["srtt", "smoothed RTT", "--c1", "line"]] },
      { title: "Throughput", what: "rate", unit: rateUnit(flow),
        series: [["rsent", "sent", "--c1", "line"], ["rate", "acknowledged", "--c2", "line"]] },
    ];
    const received = [
      { title: "Receiving", what: "bytes", unit: bytes(["rwnd", "ooo"]),
        series: [["rwnd", "window offered", "--c1", "line"], ["ooo", "out of order", "--c4", "line"]] },
      { title: "Throughput", what: "rate", unit: rateUnit(flow),
        series: [["rrecv", "received in order", "--c2", "line"]] },
    ];
    return flow.sends ? (flow.receives ? sent.concat(received) : sent) : received;
  }

  function rateUnit(flow) {
    const max = maxOf(flow, ["rate", "rsent", "rrecv"]);
    return max >= 2e6 ? { name: "Mbit/s", factor: 1e6 } : { name: "kbit/s", factor: 1e3 };
  }

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /* Rates are means over at least 100 ms, or a fiftieth of a short flow: bins are too fine for them. */
  function addRates(flow) {
    const span = flow.n * flow.bin_us, over = Math.min(100000, span / 50);
    const width = Math.max(1, Math.round(over / flow.bin_us));
    for (const [from, to] of [["acked", "rate"], ["out", "rsent"], ["in", "rrecv"]]) {
      const column = new Array(flow.at.length).fill(null), sums = new Map();
      flow.at.forEach((bin, row) => {
        const slot = Math.floor(bin / width);
        sums.set(slot, (sums.get(slot) || 0) + (flow[from][row] || 0));
      });
      let last = -1;
      flow.at.forEach((bin, row) => {
        const slot = Math.floor(bin / width);
        if (slot !== last)
          column[row] = sums.get(slot) * 8 * 1e6 / (width * flow.bin_us);
        last = slot;
      });
      flow[to] = column;
    }
  }

  function rowsOf(flow, plot, time) {
    return flow.at.map((bin, row) => {
      const out = [(flow.t0_us + bin * flow.bin_us) / time.factor];
      for (const [column] of plot.series) {
        const v = flow[column][row];
        out.push(v === null || v === undefined ? null : v / plot.unit.factor);
      }
      return out;
    });
  }

  function digits(v) {
    const a = Math.abs(v);
    return v.toFixed(a >= 100 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : 3);
  }

  function legendFor(plot, time) {
    return function (data) {
      const head = data.xHTML === undefined ? "" : "<span><b>" + data.xHTML + " " + time.name + "</b></span>";
      return head + data.series.map((s, i) => {
        const style = plot.series[i];
        const value = s.yHTML === undefined || s.y === undefined || s.y === null ? "" :
          ": <b>" + digits(s.y) + "</b> " + plot.unit.name;
        return '<span><i class="' + (style[3] === "dots" ? "dot" : "") + '" style="background:' +
          color(style[2]) + '"></i>' + style[1] + value + "</span>";
      }).join("");
    };
  }

  function looks(plot) {
    return { colors: plot.series.map((s) => color(s[2])), gridLineColor: color("--grid"),
             axisLineColor: color("--faint") };
  }

  function draw(plot, flow, time, parent, peers) {
    const box = document.createElement("div");
    box.className = "plot";
    const title = document.createElement("h4"), legend = document.createElement("div"),
          area = document.createElement("div");
    title.textContent = plot.title;
    legend.className = "legend";
    area.className = "area";
    box.append(title, legend, area);
    parent.append(box);
    const series = {};
    for (const s of plot.series)
      series[s[1]] = s[3] === "dots" ? { strokeWidth: 0, drawPoints: true, pointSize: 2.2 } : { strokeWidth: 1.6 };
    const graph = new Dygraph(area, rowsOf(flow, plot, time), Object.assign(looks(plot), {
      labels: ["time"].concat(plot.series.map((s) => s[1])),
      labelsDiv: legend, legend: "always", legendFormatter: legendFor(plot, time), series: series,
      xlabel: "virtual time (" + time.name + ")", ylabel: plot.what + " (" + plot.unit.name + ")",
      connectSeparatedPoints: true, includeZero: true, labelsKMB: false, highlightCircleSize: 3,
      axisLabelFontSize: 12, xLabelHeight: 20, yLabelWidth: 20, rightGap: 12,
      axes: { y: { axisLabelWidth: 52, axisLabelFormatter: (v) => tick(v) },
              x: { axisLabelWidth: 64, axisLabelFormatter: (v) => tick(v),
                   valueFormatter: (v) => v.toFixed(3) } },
      drawCallback: (g, is_initial) => follow(g, is_initial, peers),
    }));
    peers.push(graph);
    return () => graph.updateOptions(looks(plot));
  }

  function tick(v) {
    return String(parseFloat(v.toPrecision(6)));
  }

  /* All plots of a flow show the same stretch of time. */
  let is_following = false;
  function follow(graph, is_initial, peers) {
    if (is_initial || is_following)
      return;
    is_following = true;
    const range = graph.xAxisRange();
    for (const g of peers) {
      const have = g.xAxisRange();
      if (g !== graph && (have[0] !== range[0] || have[1] !== range[1]))
        g.updateOptions({ dateWindow: range });
    }
    is_following = false;
  }

  const recolor = [];
  for (const data of document.querySelectorAll("script.flow")) {
    const flow = JSON.parse(data.textContent), peers = [];
    const is_short = flow.n * flow.bin_us < 2e6 && flow.t0_us < 2e6;
    const time = is_short ? { name: "ms", factor: 1e3 } : { name: "s", factor: 1e6 };
    addRates(flow);
    for (const plot of plotsOf(flow))
      recolor.push(draw(plot, flow, time, document.getElementById(data.dataset.plots), peers));
  }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => recolor.forEach((f) => f()));
})();
