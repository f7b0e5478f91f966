import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Button, buttonClass, EmptyState, ErrorNotice, Page, SkeletonLines } from "@/ui";

export function PageLoading() {
  return (
    <div className="p-6">
      <SkeletonLines lines={6} label="Loading the page" />
    </div>
  );
}

const CHUNK_MISSING = /dynamically imported module|module script failed|error loading dynamically/i;

/** A page failed. After a deployment the old page's files may be gone: that is told apart. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  if (error instanceof Error && CHUNK_MISSING.test(error.message)) {
    return (
      <Page title="There is a newer version">
        <p className="max-w-prose text-soft">
          This page belongs to an older version of the dashboard, whose files could not be loaded. Reload to get the new
          one.
        </p>
        <div>
          <Button tone="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        </div>
      </Page>
    );
  }
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title="The page could not be shown">
      <ErrorNotice error={error} onRetry={retry} />
    </Page>
  );
}

export function PageMissing() {
  return (
    <Page title="There is no such page">
      <EmptyState
        icon={Compass}
        title="The address leads nowhere"
        actions={
          <Link to="/" className={buttonClass("primary")}>
            To the overview
          </Link>
        }
      >
        It may have a typing error, or come from another version. Press Ctrl K to search for an order, an error or a
        page.
      </EmptyState>
    </Page>
  );
}
