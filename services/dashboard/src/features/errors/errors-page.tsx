import { getRouteApi, Link } from "@tanstack/react-router";
import { Page, TabLinks, tabLinkClass } from "@/ui";
import { GroupsTab } from "./groups-tab";
import { JobsTab } from "./jobs-tab";
import { ListTab } from "./list-tab";
import { hasFilter } from "./filters";
import type { ErrorsTab } from "./search";

const route = getRouteApi("/shell/errors");

const TABS: readonly { readonly tab: ErrorsTab; readonly label: string }[] = [
  { tab: "groups", label: "Groups" },
  { tab: "list", label: "List" },
  { tab: "jobs", label: "Jobs" },
];

export function ErrorsPage() {
  const search = route.useSearch();
  // An address with filters means the list that they are of.
  const current = search.tab ?? (hasFilter(search) ? "list" : "groups");
  return (
    <Page
      title="Errors"
      filled
      description="Orders that were not created. Choose what is wrong, correct the payload, and send it again."
    >
      <TabLinks label="Errors">
        {TABS.map(({ tab, label }) => (
          <Link
            key={tab}
            to="/errors"
            search={{ ...search, tab }}
            className={tabLinkClass}
            // The router's own idea of the present page does not know the tabs.
            aria-current={tab === current ? "page" : undefined}
            activeProps={{}}
          >
            {label}
          </Link>
        ))}
      </TabLinks>
      {current === "groups" && <GroupsTab search={search} />}
      {current === "list" && <ListTab search={search} />}
      {current === "jobs" && <JobsTab search={search} />}
    </Page>
  );
}
