// Draws the charts of the report. The series come from the element #data; each
// canvas names its study and its chart. Series differ in shape and dash, not
// only in colour.
"use strict";
(() => {
  const studies = JSON.parse(document.getElementById("data").textContent);
  const SHAPES = ["circle", "triangle", "rect", "crossRot", "star", "rectRot"];
  const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
  let drawn = [];

  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const seriesColour = (i) =>
    colour(["--one", "--two", "--three", "--four"][i % 4]);

  const axis = (title, more = {}) => ({
    title: { display: true, text: title, color: colour("--text") },
    ticks: { color: colour("--quiet") },
    grid: { color: colour("--line") },
    ...more,
  });

  const line = (label, data, i, more = {}) => ({
    label, data, type: "line", showLine: true, pointRadius: 0,
    pointStyle: "line",
    borderWidth: 2, borderColor: seriesColour(i),
    backgroundColor: seriesColour(i), borderDash: DASHES[i % 4], ...more,
  });

  const dots = (label, data, i) => ({
    label, data, type: "scatter", pointRadius: 4,
    pointStyle: SHAPES[i % SHAPES.length],
    borderColor: seriesColour(i), backgroundColor: seriesColour(i),
  });

  const xy = (datasets, x, y) => ({
    type: "scatter",
    data: { datasets },
    options: options({ x: axis(x, { type: "linear" }), y: axis(y) }),
  });

  const options = (scales) => ({
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    scales,
    plugins: {
      legend: {
        labels: { color: colour("--text"), usePointStyle: true },
      },
    },
  });

  const charts = {
    best: (study) => xy(
      [line("best so far", study.best, 0, { stepped: true })].concat(
        Object.keys(study.observed).map(
          (purpose, i) => dots(purpose, study.observed[purpose], i + 1))),
      "trial", study.objective),

    predicted: (study) => {
      const all = study.predicted.flatMap((p) => [p.x, p.y]);
      const ends = [Math.min(...all), Math.max(...all)];
      return xy(
        [dots("trials", study.predicted, 0),
         line("predicted = observed", ends.map((v) => ({ x: v, y: v })), 1)],
        "predicted", "observed");
    },

    error: (study) => xy(
      [line("|predicted - observed|", study.error, 0, { pointRadius: 2, pointStyle: "circle" })],
      "trial", "|predicted - observed|"),

    courses: (study) => xy(
      study.courses.map((course, i) => line(course.label, course.points, i)),
      "share of the trial", study.course_name),

    pareto: (study) => xy(
      [dots("trials", study.points, 0),
       line("front", study.front, 1, { stepped: true, pointRadius: 5,
                                       pointStyle: "triangle" })],
      study.cost_unit, study.objective),

    influence: (study) => ({
      type: "bar",
      data: {
        labels: study.influence.map((p) => p.name),
        datasets: [{
          label: "rank correlation with the score",
          data: study.influence.map((p) => p.value),
          backgroundColor: seriesColour(0),
        }],
      },
      options: options({ x: axis("parameter"), y: axis("correlation") }),
    }),

    tasks: (study) => ({
      type: "bar",
      data: {
        labels: Object.keys(study.tasks.metrics),
        datasets: study.tasks.rows.map((row, i) => ({
          label: row,
          data: Object.values(study.tasks.metrics).map((values) => values[i]),
          backgroundColor: seriesColour(i),
          borderColor: colour("--text"),
          borderWidth: i % 2,
        })),
      },
      options: options({ x: axis("task"), y: axis("score") }),
    }),

    comparison: () => xy(
      studies.map((study, i) => line(
        study.name, study.best.map((p, j) => ({ x: j + 1, y: p.y })), i,
        { stepped: true })),
      "trials", "best so far"),
  };

  const draw = () => {
    drawn.forEach((chart) => chart.destroy());
    drawn = [...document.querySelectorAll("canvas")].map((canvas) => {
      const study = studies[Number(canvas.dataset.study)];
      return new Chart(canvas, charts[canvas.dataset.chart](study));
    });
  };

  // What tests look at.
  const tooWide = () => [...document.querySelectorAll("main *")]
    .filter((e) => !e.closest(".scroll, pre") &&
                   e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => e.id || e.tagName);

  draw();
  document.documentElement.dataset.charts = drawn.length;
  document.documentElement.dataset.overflow = tooWide().join(" ");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
