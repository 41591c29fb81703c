/* Draws the pictures of a report from the JSON in it. Everything that they show stands in the page's tables too. */
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var STATUS = ["unchecked", "verified", "refuted", "unresolved", "kink", "unexercised"];
  var root = document.documentElement, LOWEST = 1e-16;

  function colour(name) {
    return getComputedStyle(root).getPropertyValue("--" + name).trim();
  }
  function short(v) {
    return v === null ? "none" : v === 0 ? "0" : d3.format(".1e")(v).replace("+", "");
  }
  function long(v) {
    return v === null ? "no number" : String(v);
  }
  function plural(count, one, many) {
    return count + " " + (count === 1 ? one : many);
  }

  /* ---- the theme: the system's until the button is pressed ---- */
  function isDark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  }
  var button = document.getElementById("theme");
  function nameTheme() {
    button.textContent = isDark() ? "Light theme" : "Dark theme";
    button.hidden = false;
  }
  button.addEventListener("click", function () {
    root.setAttribute("data-theme", isDark() ? "light" : "dark");
    nameTheme();
    draw();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    nameTheme();
    draw();
  });
  nameTheme();

  /* ---- a block named by the address is opened ---- */
  function openNamed() {
    var named = document.getElementById(location.hash.slice(1));
    if (named && named.tagName === "DETAILS") {
      named.open = true;
      named.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", openNamed);
  openNamed();

  /* entries: {text, mark}, where mark draws a sample into 28 by 14 */
  function legend(figure, entries) {
    var items = figure.append("ul").attr("class", "legend").selectAll("li").data(entries).enter().append("li");
    items.each(function (entry) {
      var item = d3.select(this);
      entry.mark(item.append("svg").attr("width", 28).attr("height", 14).attr("aria-hidden", "true"));
      item.append("span").text(entry.text);
    });
  }

  /* ---- heat maps: cells are [row, column, name, status, gradient, estimate, bound, error, entries, refuted] ---- */
  function fillOf(cell, scale) {
    if (cell[3] === 2) return colour("wrong");
    if (cell[3] === 3) return colour("open");
    if (cell[3] === 5) return colour("zero");
    return scale(Math.log10(Math.max(cell[7] === null ? LOWEST : cell[7], LOWEST)));
  }
  function describe(block, cell) {
    var text = block.name + cell[2] + ": " + STATUS[cell[3]] + ". Gradient " + long(cell[4]) + ", estimate " + long(cell[5]) +
      " ± " + short(cell[6]) + ", relative error " + short(cell[7]) + ".";
    if (cell[8] === 1) return text;
    var refuted = cell[9] ? ", " + cell[9] + " of them refuted" : "";
    return "The worst of " + plural(cell[8], "entry", "entries") + refuted + ": " + text;
  }
  function summary(block) {
    var entries = d3.sum(block.cells, function (c) { return c[8]; }), refuted = d3.sum(block.cells, function (c) { return c[9]; });
    var largest = d3.max(block.cells, function (c) { return c[7]; });
    return "Relative error of " + plural(entries, "entry", "entries") + " of " + block.name + ": " + refuted +
      " refuted, the largest error is " + short(largest === undefined ? null : largest);
  }
  function cross(x, y, r) {
    return "M" + (x - r) + "," + (y - r) + "l" + 2 * r + "," + 2 * r + "m0," + -2 * r + "l" + -2 * r + "," + 2 * r;
  }
  function swatch(name) {
    return function (s) {
      s.append("rect").attr("x", 7).attr("width", 14).attr("height", 14).attr("rx", 2).attr("fill", colour(name));
    };
  }
  function heatLegend(figure, block, scale) {
    var entries = [
      {status: 1, text: "agrees, from 1e-13 to 1e-5", mark: function (s) {
        [-12, -8, -5].forEach(function (v, k) {
          s.append("rect").attr("x", 9 * k).attr("width", 9).attr("height", 14).attr("fill", scale(v));
        });
      }},
      {status: 2, text: "refuted", mark: function (s) {
        swatch("wrong")(s);
        s.append("path").attr("d", cross(14, 7, 3)).attr("stroke", colour("paper")).attr("stroke-width", 1.75);
      }},
      {status: 3, text: "unresolved", mark: swatch("open")},
      {status: 5, text: "zero at every point", mark: swatch("zero")}
    ];
    legend(figure, entries.filter(function (entry) {
      return block.cells.some(function (c) { return c[3] === entry.status || (entry.status === 1 && c[3] === 4); });
    }));
  }
  /* Arrow keys lead to the next cell of a row or column that has something to show. */
  function neighbour(block, at, from, key) {
    var way = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[key];
    if (key === "Home") return block.cells[0];
    if (key === "End") return block.cells[block.cells.length - 1];
    if (!way) return undefined;
    for (var row = from[0] + way[0], column = from[1] + way[1];
      row >= 0 && column >= 0 && row < block.rows && column < block.columns; row += way[0], column += way[1])
      if (at[row + "," + column]) return at[row + "," + column];
    return from;
  }
  function drawCells(figure, block, size, scale) {
    var gap = size > 8 ? 1.5 : size > 5 ? 0.75 : 0, wide = block.columns * size + 4, high = block.rows * size + 4;
    var svg = figure.append("svg").attr("class", "cells").attr("width", wide).attr("height", high)
      .attr("viewBox", "-2 -2 " + wide + " " + high).attr("tabindex", 0).attr("role", "application")
      .attr("aria-label", summary(block) + ". Arrow keys move from cell to cell.");
    svg.selectAll("rect.cell").data(block.cells).enter().append("rect").attr("class", "cell")
      .attr("x", function (c) { return c[1] * size + gap / 2; }).attr("y", function (c) { return c[0] * size + gap / 2; })
      .attr("width", size - gap).attr("height", size - gap).attr("rx", size > 8 ? 2 : 0)
      .attr("fill", function (c) { return fillOf(c, scale); });
    svg.selectAll("path.mark").data(block.cells.filter(function (c) { return c[3] === 2 && size > 8; })).enter().append("path")
      .attr("d", function (c) { return cross(c[1] * size + size / 2, c[0] * size + size / 2, size / 5); })
      .attr("stroke", colour("paper")).attr("stroke-width", 1.75).attr("pointer-events", "none");
    return svg;
  }
  function drawHeat(figure, block) {
    var wide = Math.min(860, Math.max(280, figure.node().parentNode.clientWidth || 860));
    var size = Math.max(4, Math.min(26, Math.floor((wide - 4) / block.columns), Math.floor(420 / block.rows) || 4));
    var scale = d3.scaleLinear().domain([-13, -5, 0]).range([colour("cold"), colour("warm"), colour("warm")]).clamp(true);
    var together = Math.max(1, block.rowStep) * block.columnStep;
    var at = {}, current = block.cells.filter(function (c) { return c[3] === 2; })[0] || block.cells[0];
    block.cells.forEach(function (c) { at[c[0] + "," + c[1]] = c; });
    var caption = figure.append("figcaption");
    caption.append("strong").text("Relative error");
    caption.append("span").text(together > 1
      ? " – each cell shows the worst of up to " + d3.format(",")(together) + " entries" : " – one cell an entry");
    var svg = drawCells(figure, block, size, scale);
    var here = svg.append("rect").attr("class", "here").attr("width", size).attr("height", size).attr("rx", 2)
      .attr("visibility", "hidden").attr("pointer-events", "none");
    var say = figure.append("p").attr("class", "say").attr("aria-live", "polite")
      .text(summary(block) + ". " + (current[3] === 2 ? describe(block, current) : ""));
    heatLegend(figure, block, scale);
    function show(cell) {
      current = cell;
      here.attr("x", cell[1] * size).attr("y", cell[0] * size).attr("visibility", "visible");
      say.text(describe(block, cell));
    }
    svg.selectAll("rect.cell").on("mouseenter", show).on("click", show);
    svg.on("focus", function () { show(current); });
    svg.on("keydown", function () {
      var next = neighbour(block, at, current, d3.event.key);
      if (!next) return;
      show(next);
      d3.event.preventDefault();
    });
  }

  /* ---- error against step: steps are [step, error of the central, of the forward difference] ---- */
  function power(v) {
    return d3.format(".0e")(v).replace("+", "");
  }
  /* About `room` powers of ten of an axis. */
  function powers(scale, room) {
    var from = Math.ceil(Math.log10(scale.domain()[0])), to = Math.floor(Math.log10(scale.domain()[1]));
    return d3.range(from, to + 1, Math.max(1, Math.ceil((to - from + 1) / room))).map(function (k) { return Math.pow(10, k); });
  }
  /* What is drawn, and stands in the legend: how a line of it looks. */
  function looks(curve, off) {
    var wrong = off > curve.bound;
    return {
      central: {name: "curve", width: 2.25, text: "central difference"},
      forward: {name: "other", width: 1.75, dash: "5 3", text: "forward difference"},
      noise: {name: "soft", width: 1.5, dash: "1 4", text: "expected from noise"},
      bound: {name: "verified", width: 2, dash: "7 4", text: "bound of the estimate, " + short(curve.bound)},
      gradient: {name: wrong ? "refuted" : "ink", width: wrong ? 3 : 1.5, text: "gradient under test, off by " + short(off)},
      step: {name: "soft", width: 1.5, dash: "2 3", text: "longest step of the estimate, " + short(curve.step)}
    };
  }
  function stroke(line, look) {
    return line.attr("stroke", colour(look.name)).attr("stroke-width", look.width).attr("stroke-dasharray", look.dash || null)
      .attr("fill", "none");
  }
  function straight(g, look, x1, y1, x2, y2) {
    stroke(g.append("line").attr("x1", x1).attr("y1", y1).attr("x2", x2).attr("y2", y2), look);
  }
  function describeCurve(curve, off) {
    var best = curve.steps.filter(function (s) { return s[1] !== null; }).sort(function (a, b) { return a[1] - b[1]; })[0];
    return "Error of difference quotients against the step for " + curve.block + curve.entry + ". " +
      (best ? "The best central difference is off by " + short(best[1]) + " at step " + short(best[0]) + ". " : "") +
      "The gradient under test is off by " + short(off) + ", and the estimate's bound is " + short(curve.bound) + ". " +
      "The table below has the numbers.";
  }
  function drawAxes(svg, x, y, narrow) {
    var left = x.range()[0], right = x.range()[1], bottom = y.range()[0];
    svg.append("g").attr("transform", "translate(0," + bottom + ")")
      .call(d3.axisBottom(x).tickValues(powers(x, narrow ? 5 : 9)).tickFormat(power));
    svg.append("g").attr("transform", "translate(" + left + ",0)")
      .call(d3.axisLeft(y).tickValues(powers(y, 7)).tickFormat(power).tickSize(left - right)).select(".domain").remove();
    svg.append("text").attr("x", (left + right) / 2).attr("y", bottom + 34).attr("text-anchor", "middle").text("step");
  }
  function drawCurve(figure, curve) {
    var wide = Math.min(760, Math.max(280, figure.node().parentNode.clientWidth || 760)), high = wide < 500 ? 260 : 320;
    var off = Math.abs(curve.gradient - curve.estimate), look = looks(curve, off), shown = [curve.bound, off];
    curve.steps.forEach(function (s) { shown.push(s[1], s[2]); });
    shown = shown.filter(function (v) { return v > 0 && isFinite(v); });
    var top = d3.max(shown) * 3, low = Math.max(d3.min(shown), 1e-13 * top) / 3;
    var x = d3.scaleLog().domain(d3.extent(curve.steps, function (s) { return s[0]; })).range([56, wide - 14]);
    var y = d3.scaleLog().domain([low, top]).range([high - 42, 10]).clamp(true);
    var caption = figure.append("figcaption");
    caption.append("strong").text("Error against step");
    caption.append("span").text(" – how far a difference quotient of each step is from the estimate");
    var svg = figure.append("svg").attr("viewBox", "0 0 " + wide + " " + high).attr("width", wide).attr("height", high)
      .attr("role", "img").attr("aria-label", describeCurve(curve, off));
    drawAxes(svg, x, y, wide < 500);
    function path(how, of, inside) {
      var line = d3.line().x(function (s) { return x(s[0]); }).y(function (s) { return y(Math.max(of(s), low)); })
        .defined(function (s) { return of(s) !== null && (!inside || (of(s) >= low && of(s) <= top)); });
      stroke(svg.append("path").attr("d", line(curve.steps)), how);
    }
    if (off > 0) straight(svg, look.gradient, 56, y(off), wide - 14, y(off));
    if (curve.bound > 0) straight(svg, look.bound, 56, y(curve.bound), wide - 14, y(curve.bound));
    if (curve.step) straight(svg, look.step, x(curve.step), 10, x(curve.step), high - 42);
    path(look.noise, function (s) { return curve.noise / (Math.SQRT2 * s[0]); }, true);
    path(look.forward, function (s) { return s[2]; });
    path(look.central, function (s) { return s[1]; });
    function dots(g, data, at) {
      g.selectAll("circle").data(data).enter().append("circle").attr("r", 2.75).attr("fill", colour("curve"))
        .attr("cx", function (s) { return at(s)[0]; }).attr("cy", function (s) { return at(s)[1]; });
    }
    dots(svg, curve.steps.filter(function (s) { return s[1] !== null; }),
      function (s) { return [x(s[0]), y(Math.max(s[1], low))]; });
    legend(figure, Object.keys(look).map(function (key) {
      return {text: look[key].text, mark: function (s) {
        straight(s, look[key], 0, 7, 28, 7);
        if (key === "central") dots(s, [0], function () { return [14, 7]; });
      }};
    }));
  }

  function drawOne(node) {
    var figure = d3.select(node), heat = figure.classed("heat");
    var item = heat ? data.blocks.filter(function (b) { return b.id === +node.dataset.block; })[0]
      : data.curves[+node.dataset.curve];
    figure.selectAll("*").remove();
    node.hidden = !item || (heat && item.cells.length === 0);
    if (!node.hidden) (heat ? drawHeat : drawCurve)(figure, item);
  }
  function draw() {
    if (typeof d3 === "undefined") return; /* a build without it: the tables say all */
    document.querySelectorAll("details[open] figure").forEach(drawOne);
  }
  document.querySelectorAll("details").forEach(function (details) {
    details.addEventListener("toggle", function () {
      draw();
      markScrolling();
    });
  });
  if (typeof d3 !== "undefined")
    document.querySelectorAll(".scripted").forEach(function (node) { node.hidden = false; });
  /* Tables that fit needn't be stopped at. */
  function markScrolling() {
    document.querySelectorAll(".scroll, pre").forEach(function (node) {
      if (node.scrollWidth > node.clientWidth) node.setAttribute("tabindex", "0");
      else if (node.clientWidth) node.removeAttribute("tabindex");
    });
  }
  var width = window.innerWidth;
  window.addEventListener("resize", function () {
    if (window.innerWidth !== width) draw();
    width = window.innerWidth;
    markScrolling();
  });
  draw();
  markScrolling();
})();
