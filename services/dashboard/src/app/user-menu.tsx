import { LogOut, UserRound } from "lucide-react";
import { isPartner, useSession } from "@/api";
import { Ago, Button, Menu, MenuItem, MenuSeparator } from "@/ui";
import { signOut } from "./sign-out";

const ROLES = { PARTNER: "Partner", VIEWER: "Viewer", OPERATOR: "Operator", ADMIN: "Admin" } as const;

const MEANINGS = {
  PARTNER: "Own orders, errors and keys",
  VIEWER: "Reads everything, changes nothing",
  OPERATOR: "Repairs errors and manages partners",
  ADMIN: "Everything",
} as const;

export function UserMenu() {
  const session = useSession();
  const role = session.role ?? "VIEWER";
  const name = isPartner(session) ? (session.partnerId ?? "") : (session.subject ?? "").replace(/^user:/, "");
  const trigger = (
    <Button
      tone="quiet"
      aria-label={`Signed in as ${name}, role ${ROLES[role]}`}
      icon={<UserRound aria-hidden="true" className="size-4" />}
    >
      <span className="max-w-40 truncate max-lg:hidden">{name}</span>
    </Button>
  );
  return (
    <Menu trigger={trigger}>
      <div className="max-w-64 px-2 py-1.5">
        <p className="truncate font-medium">{name}</p>
        <p className="text-sm text-soft">
          {ROLES[role]}: {MEANINGS[role].charAt(0).toLowerCase() + MEANINGS[role].slice(1)}
        </p>
        {session.expireTime && (
          <p className="text-sm text-soft">
            The credential ends <Ago value={session.expireTime} />
          </p>
        )}
      </div>
      <MenuSeparator />
      <MenuItem icon={<LogOut aria-hidden="true" className="size-4" />} onSelect={signOut}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
