import { json } from "@codemirror/lang-json";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { type CSSProperties, useEffect, useRef } from "react";
import type { DiffViewProps } from "./code-types";
import { codeTheme } from "./code-theme";

/** Below this width two columns are too narrow to read. */
const SIDE_BY_SIDE = 720;
const collapseUnchanged = { margin: 3, minSize: 6 };

function reading(label: string, language: DiffViewProps["language"]): Extension[] {
  return [
    EditorState.lineSeparator.of("\n"),
    lineNumbers(),
    EditorView.lineWrapping,
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    ...(language === "text" ? [] : [json()]),
    ...codeTheme,
  ];
}

export function CodeMirrorDiff({ label, before, after, language = "json", maxHeight = "60vh" }: DiffViewProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = host.current;
    if (!parent) return undefined;
    if (parent.clientWidth >= SIDE_BY_SIDE) {
      const merge = new MergeView({
        parent,
        a: { doc: before, extensions: reading(`${label}: before`, language) },
        b: { doc: after, extensions: reading(`${label}: after`, language) },
        collapseUnchanged,
        gutter: true,
      });
      return () => merge.destroy();
    }
    const unified = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged, gutter: true });
    const view = new EditorView({ parent, doc: after, extensions: [...reading(label, language), unified] });
    return () => view.destroy();
  }, [label, before, after, language]);
  return (
    <div
      ref={host}
      className="scroll-thin max-h-(--code-max) overflow-auto rounded-md border border-line-strong"
      style={{ "--code-max": maxHeight } as CSSProperties}
    />
  );
}
