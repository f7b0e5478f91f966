import { lazy, Suspense } from "react";
import { SkeletonLines } from "./skeleton";
import type { CodeEditorProps, DiffViewProps } from "./code-types";

const Editor = lazy(() => import("./code-mirror").then((module) => ({ default: module.CodeMirrorEditor })));
const Diff = lazy(() => import("./code-mirror-diff").then((module) => ({ default: module.CodeMirrorDiff })));

/** An editor for JSON and other text; its code is loaded when the first one is shown. */
export function CodeEditor(props: CodeEditorProps) {
  return (
    <Suspense fallback={<SkeletonLines lines={8} label="Loading the editor" />}>
      <Editor {...props} />
    </Suspense>
  );
}

/** Two texts and how they differ: side by side where there is room, else one below the other. */
export function DiffView(props: DiffViewProps) {
  return (
    <Suspense fallback={<SkeletonLines lines={8} label="Loading the difference" />}>
      <Diff {...props} />
    </Suspense>
  );
}
