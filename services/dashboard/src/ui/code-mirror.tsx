import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { clsx } from "clsx";
import { type CSSProperties, useEffect, useRef } from "react";
import type { CodeDiagnostic, CodeEditorProps } from "./code-types";
import { codeTheme } from "./code-theme";

const outside = Annotation.define<boolean>();

function writable(onChange: (value: string) => void, onSubmit: () => void): Extension[] {
  return [
    history(),
    indentOnInput(),
    keymap.of([
      { key: "Mod-Enter", run: () => (onSubmit(), true) },
      // Escape and then Tab leaves the editor, so that the keyboard is not caught in it.
      ...historyKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      const own = !update.transactions.some((transaction) => transaction.annotation(outside));
      if (update.docChanged && own) onChange(update.state.doc.toString());
    }),
  ];
}

function show(view: EditorView, diagnostics: readonly CodeDiagnostic[]): void {
  const end = view.state.doc.length;
  const within = diagnostics.map((one) => ({
    ...one,
    from: Math.min(one.from, end),
    to: Math.min(Math.max(one.to, one.from), end),
  }));
  view.dispatch(setDiagnostics(view.state, within));
}

function select(view: EditorView, from: number, to: number): void {
  const end = view.state.doc.length;
  const selection = { anchor: Math.min(from, end), head: Math.min(to, end) };
  view.dispatch({ selection, effects: EditorView.scrollIntoView(selection.anchor, { y: "center" }) });
  view.focus();
}

export function CodeMirrorEditor(props: CodeEditorProps) {
  const { label, value, onChange, language = "json", diagnostics, onSubmit, autoFocus = false, reveal } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const handlers = useRef({ onChange, onSubmit });
  const initial = useRef({ value, autoFocus });
  useEffect(() => {
    handlers.current = { onChange, onSubmit };
  });
  const canWrite = Boolean(onChange);

  useEffect(() => {
    if (!host.current) return undefined;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: initial.current.value,
        extensions: [
          // Only line feeds end lines, so that carriage returns stay as they came.
          EditorState.lineSeparator.of("\n"),
          lineNumbers(),
          foldGutter(),
          drawSelection(),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          lintGutter(),
          indentUnit.of("  "),
          EditorView.lineWrapping,
          EditorState.readOnly.of(!canWrite),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          ...(language === "json" ? [json()] : []),
          ...codeTheme,
          ...(canWrite
            ? writable(
                (text) => handlers.current.onChange?.(text),
                () => handlers.current.onSubmit?.(),
              )
            : []),
          keymap.of([...defaultKeymap, ...searchKeymap, ...foldKeymap]),
        ],
      }),
    });
    view.current = editor;
    if (initial.current.autoFocus) editor.focus();
    return () => editor.destroy();
  }, [canWrite, label, language]);

  useEffect(() => {
    initial.current.value = value;
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    const whole = { from: 0, to: editor.state.doc.length, insert: value };
    editor.dispatch({ changes: whole, annotations: outside.of(true) });
  }, [value]);

  useEffect(() => {
    if (view.current) show(view.current, diagnostics ?? []);
  }, [diagnostics, canWrite, label, language]);

  useEffect(() => {
    if (view.current && reveal) select(view.current, reveal.from, reveal.to);
  }, [reveal]);

  return (
    <div
      ref={host}
      className={clsx(
        "overflow-hidden rounded-md border border-line-strong",
        "[&_.cm-editor]:max-h-(--code-max) [&_.cm-editor]:min-h-(--code-min)",
      )}
      style={{ "--code-min": props.minHeight ?? "8rem", "--code-max": props.maxHeight ?? "60vh" } as CSSProperties}
    />
  );
}
