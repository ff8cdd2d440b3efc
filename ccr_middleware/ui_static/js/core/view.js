// The one place that names the view library, so that modules do not depend on where it lies.
export * from "../../vendor/view.js";
