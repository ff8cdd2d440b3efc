// The chart library.
export { default as uPlot } from "uplot";
