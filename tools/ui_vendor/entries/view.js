// The view library: preact, its hooks, signals, and htm's templates bound to preact.
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
export { h, render, Fragment, createContext, createRef, Component } from "preact";
export { useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "@preact/signals";
