import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { credentials, sessionQuery } from "@/api";
import { auditSearch } from "@/features/audit/search";
import { errorsSearch, fixSearch } from "@/features/errors/search";
import { ordersSearch } from "@/features/orders/search";
import { partnerSearch, partnersSearch } from "@/features/partners/search";
import { signInSearch } from "@/features/session/search";
import { Shell } from "./shell";

/*
 * Every page and its address. A page is loaded when it is first wanted; the search parameters are checked here, so what
 * checks them (search.ts of a feature) is small and loaded at once.
 */
const root = createRootRouteWithContext<{ queryClient: QueryClient }>()();

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import("@/features/session/sign-in-page"), "SignInPage"),
});

/** All pages behind the sign-in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: ({ location }) => {
    if (credentials.get()) return;
    const next = location.href === "/" || credentials.reason() === "left" ? undefined : location.href;
    throw redirect({ to: "/sign-in", search: { next } });
  },
  loader: ({ context }) => context.queryClient.ensureQueryData(sessionQuery),
  component: Shell,
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/overview/overview-page"), "OverviewPage"),
});

const orders = createRoute({
  getParentRoute: () => shell,
  path: "/orders",
  validateSearch: ordersSearch,
  component: lazyRouteComponent(() => import("@/features/orders/orders-page"), "OrdersPage"),
});

const order = createRoute({
  getParentRoute: () => shell,
  path: "/orders/$id",
  component: lazyRouteComponent(() => import("@/features/orders/order-page"), "OrderPage"),
});

const errors = createRoute({
  getParentRoute: () => shell,
  path: "/errors",
  validateSearch: errorsSearch,
  component: lazyRouteComponent(() => import("@/features/errors/errors-page"), "ErrorsPage"),
});

const error = createRoute({
  getParentRoute: () => shell,
  path: "/errors/$id",
  component: lazyRouteComponent(() => import("@/features/errors/error-page"), "ErrorPage"),
});

const fix = createRoute({
  getParentRoute: () => shell,
  path: "/errors/fix",
  validateSearch: fixSearch,
  component: lazyRouteComponent(() => import("@/features/errors/fix-page"), "FixPage"),
});

const job = createRoute({
  getParentRoute: () => shell,
  path: "/errors/jobs/$id",
  component: lazyRouteComponent(() => import("@/features/errors/job-page"), "JobPage"),
});

const partners = createRoute({
  getParentRoute: () => shell,
  path: "/partners",
  validateSearch: partnersSearch,
  component: lazyRouteComponent(() => import("@/features/partners/partners-page"), "PartnersPage"),
});

const partner = createRoute({
  getParentRoute: () => shell,
  path: "/partners/$id",
  validateSearch: partnerSearch,
  component: lazyRouteComponent(() => import("@/features/partners/partner-page"), "PartnerPage"),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("@/features/audit/audit-page"), "AuditPage"),
});

export const routeTree = root.addChildren([
  signIn,
  shell.addChildren([overview, orders, order, errors, error, fix, job, partners, partner, audit]),
]);
