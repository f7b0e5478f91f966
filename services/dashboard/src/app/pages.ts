import { Boxes, CircleAlert, Gauge, History, type LucideIcon, Users } from "lucide-react";
import { isPartner, type Session } from "@/api";

export interface PageLink {
  readonly to: "/" | "/orders" | "/errors" | "/partners" | "/partners/$id" | "/audit";
  readonly params?: { readonly id: string };
  readonly label: string;
  readonly icon: LucideIcon;
  readonly keys: string;
}

/** The pages that this role gets to see in the navigation, with their keys. */
export function pagesFor(session: Session): readonly PageLink[] {
  const own = isPartner(session) ? session.partnerId : undefined;
  return [
    { to: "/", label: own ? "Home" : "Overview", icon: Gauge, keys: "g h" },
    { to: "/orders", label: "Orders", icon: Boxes, keys: "g o" },
    { to: "/errors", label: "Errors", icon: CircleAlert, keys: "g e" },
    own
      ? { to: "/partners/$id", params: { id: own }, label: "Keys and limits", icon: Users, keys: "g p" }
      : { to: "/partners", label: "Partners", icon: Users, keys: "g p" },
    { to: "/audit", label: "Audit", icon: History, keys: "g a" },
  ];
}
