// What the workbench uses of preact, signals and htm.
export interface Signal<T> { value: T; peek(): T }
export function signal<T = any>(value: T): Signal<any>;
export function computed<T>(work: () => T): { readonly value: T };
export function effect(work: () => void | (() => void)): () => void;
export function batch<T>(work: () => T): T;
export function untracked<T>(work: () => T): T;
export function useEffect(work: () => void | (() => void), inputs?: unknown[]): void;
export function useLayoutEffect(work: () => void | (() => void), inputs?: unknown[]): void;
export function useRef<T = any>(value: T): { current: any };
export function useSignal<T>(value: T): Signal<any>;
export function useComputed<T>(work: () => T): { readonly value: T };
export function useSignalEffect(work: () => void): void;
export function html(strings: TemplateStringsArray, ...values: unknown[]): any;
export function h(type: unknown, props: unknown, ...children: unknown[]): any;
export function render(node: unknown, place: Element): void;
export const Fragment: unknown;
