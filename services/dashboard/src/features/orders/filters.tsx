import { FilterPanel, PartnerFilter, TextFilter, TimeFilter } from "@/ui";
import { filterCount } from "./order-row";
import type { OrdersSearch } from "./search";

export interface FiltersProps {
  readonly search: OrdersSearch;
  onChange(search: OrdersSearch): void;
}

/** The filters of the list; they stand in the address, so a link leads to the same list. */
export function Filters({ search, onChange }: FiltersProps) {
  const set = (change: Partial<OrdersSearch>) => onChange({ ...search, ...change });
  return (
    <FilterPanel count={filterCount(search)}>
      <PartnerFilter value={search.partner} onChange={(partner) => set({ partner })} />
      <TextFilter label="External order id" mono value={search.external} onChange={(external) => set({ external })} />
      <TextFilter label="Product id" mono value={search.product} onChange={(product) => set({ product })} />
      <TextFilter label="Customer id" mono value={search.customer} onChange={(customer) => set({ customer })} />
      <TimeFilter label="Ordered from" value={search.from} onChange={(from) => set({ from })} />
      <TimeFilter label="Ordered before" value={search.to} onChange={(to) => set({ to })} />
    </FilterPanel>
  );
}
