import { clsx } from "clsx";
import { Search, X } from "lucide-react";
import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
  use,
  useId,
} from "react";

interface FieldContext {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}

const Context = createContext<FieldContext | null>(null);

/** What the control of a field must carry to belong to its label, hint and error. */
export function useFieldControl() {
  const field = use(Context);
  return field
    ? { id: field.id, "aria-describedby": field.describedBy, "aria-invalid": field.invalid || undefined }
    : {};
}

export interface FieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  /** What is wrong, and how to put it right. */
  readonly error?: ReactNode;
  readonly className?: string;
  /** One control: Input, TextArea, Select or Combobox. */
  readonly children: ReactNode;
}

export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={clsx("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="text-sm font-medium text-soft">
        {label}
      </label>
      <Context value={{ id, describedBy: note ? `${id}-note` : undefined, invalid: Boolean(error) }}>
        {children}
      </Context>
      {note && (
        <p id={`${id}-note`} className={clsx("text-xs", error ? "text-bad" : "text-faint")}>
          {note}
        </p>
      )}
    </div>
  );
}

export const controlClass = clsx(
  "h-8 w-full min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink",
  "aria-invalid:border-bad disabled:opacity-60",
);

export interface InputProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly mono?: boolean;
  readonly ref?: Ref<HTMLInputElement>;
}

export function Input({ className, mono = false, ...rest }: InputProps) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      className={clsx(controlClass, mono && "font-mono text-sm", className)}
      {...useFieldControl()}
      {...rest}
    />
  );
}

export function TextArea({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <textarea className={clsx(controlClass, "h-auto min-h-20 py-1.5", className)} {...useFieldControl()} {...rest} />
  );
}

export interface SearchInputProps extends Omit<InputProps, "onChange" | "value" | "type"> {
  readonly label: string;
  readonly value: string;
  onChange(value: string): void;
}

/** A search field with a name of its own, a lens, and a button that empties it. */
export function SearchInput({ label, value, onChange, className, ...rest }: SearchInputProps) {
  return (
    <div className={clsx("relative", className)}>
      <Search aria-hidden="true" className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint" />
      <Input
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="px-8"
        {...rest}
      />
      {value && (
        <button
          type="button"
          aria-label="Clear"
          onClick={() => onChange("")}
          className="absolute top-1 right-1 flex size-6 items-center justify-center rounded text-faint hover:bg-hover"
        >
          <X aria-hidden="true" className="size-3.5" />
        </button>
      )}
    </div>
  );
}

export interface CheckboxProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "type"> {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
}

export function Checkbox({ label, hint, className, ...rest }: CheckboxProps) {
  const id = useId();
  return (
    <div className={clsx("flex items-start gap-2", className)}>
      <input
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-[3px] size-4 shrink-0 accent-(--accent)"
        {...rest}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-faint">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
