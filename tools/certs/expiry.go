package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"ordermesh.dev/certs/internal/issue"
	"ordermesh.dev/certs/internal/pki"
	"ordermesh.dev/certs/internal/store"
)

// runExpiry prints when each certificate ends. An error says that one is missing, broken or has few days left.
func runExpiry(ctx context.Context, arguments []string, out, problems io.Writer) error {
	var where place
	flags := newFlags("expiry", problems)
	where.addFlags(flags)
	where.addPrefix(flags)
	services := flags.String("services", "", "whose certificates, separated by commas")
	days := flags.Int("days", 14, "fewer days than these are too few")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	names, err := splitNames(*services)
	if err != nil {
		return err
	}
	keep, err := where.open(where.certificateSecret)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tUNTIL\tDAYS")
	good := true
	for _, name := range append([]string{issue.AuthorityBundle}, names...) {
		entries, err := keep.Read(ctx, name)
		if err != nil {
			return err
		}
		certificates, err := pki.ParseCertificates(entries[store.Certificate])
		if err != nil {
			_, _ = fmt.Fprintf(table, "%s\t%v\t-\n", name, err)
			good = false
			continue
		}
		left := time.Until(certificates[0].NotAfter)
		good = good && left >= time.Duration(*days)*24*time.Hour
		until := certificates[0].NotAfter.UTC().Format(time.RFC3339)
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\n", name, until, int(left.Hours()/24))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if !good {
		return errors.New("something is missing or ends soon")
	}
	return nil
}
