export interface CodeDiagnostic {
  /** Offsets in the text, in UTF-16 code units. */
  readonly from: number;
  readonly to: number;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
}

export interface CodeEditorProps {
  /** Its name for a screen reader. */
  readonly label: string;
  readonly value: string;
  /** Without it the text can only be read. */
  onChange?(value: string): void;
  readonly language?: "json" | "text";
  readonly diagnostics?: readonly CodeDiagnostic[];
  /** Ctrl+Enter or Command+Enter. */
  onSubmit?(): void;
  /** CSS lengths; "none" lets it grow with its text. */
  readonly minHeight?: string;
  readonly maxHeight?: string;
  readonly autoFocus?: boolean;
  /** A place to show and select; a new object shows it again. */
  readonly reveal?: { readonly from: number; readonly to: number };
}

export interface DiffViewProps {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  readonly language?: "json" | "text";
  readonly maxHeight?: string;
}
